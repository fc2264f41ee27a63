from __future__ import annotations

from typing import Any

import pytest

from sandbox.providers.graph_templates import GraphError, TemplateBook
from tests.support.letters import TEMPLATE


def call(*texts: Any, name: str = "hito_shipped", language: str = "es", kind: str = "text") -> dict[str, Any]:
    parameters = [{"type": kind, "text": text} for text in texts]
    components = [{"type": "body", "parameters": parameters}]
    return {"name": name, "language": {"code": language}, "components": components}


@pytest.fixture
def book() -> TemplateBook:
    book = TemplateBook()
    book.register(TEMPLATE)
    return book


def test_a_template_is_filled_as_the_buyer_reads_it(book: TemplateBook) -> None:
    found, text = book.fill(call("GM-0001", "Mensajería Faro"))

    assert text == "Tu paquete GM-0001 va de camino con Mensajería Faro. Gracias."
    assert found.parameters == ("GM-0001", "Mensajería Faro")


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (call("GM-0001"), 132000),
        (call("a", "b", "c"), 132000),
        (call("a", "b", name="hito_unknown"), 132001),
        (call("a", "b", language="es_AR"), 132001),
        (call("a", "x" * 1024), 132005),
        (call("a", "b", kind="currency"), 132012),
        (call("a", "uno\ndos"), 132018),
        (call("a", "uno     dos"), 132018),
        (call("a", ""), 131008),
        (call("a", None), 131008),
        ({"name": "hito_shipped"}, 131008),
        (None, 131008),
    ],
)
def test_what_meta_refuses_is_refused_with_its_code(book: TemplateBook, template: object, code: int) -> None:
    with pytest.raises(GraphError) as refused:
        book.fill(template)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("body", "examples", "words"),
    [
        ("{{1}} va de camino.", ["a"], "at the start or the end"),
        ("Va de camino {{1}}", ["a"], "at the start or the end"),
        ("Va {{1}} y {{3}} ya.", ["a", "b"], "count from 1"),
        ("Va {{1}} ya.", [], "an example is needed"),
        ("Va {{1}} {{2}} ya.", ["a", "b"], "side by side"),
        ("Va      ya.", [], "four spaces"),
        ("x" * 1025, [], "more than 1024"),
    ],
)
def test_a_template_that_meta_would_not_approve_is_refused(body: str, examples: list[str], words: str) -> None:
    component = {"type": "BODY", "text": body, "example": {"body_text": [examples]}}
    with pytest.raises(GraphError, match=words):
        TemplateBook().register({"name": "hito_x", "language": "es", "category": "UTILITY", "components": [component]})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {**TEMPLATE, "name": "Hito"},
        {**TEMPLATE, "language": "es_XX"},
        {**TEMPLATE, "language": "es-AR"},
        {**TEMPLATE, "category": "NEWS"},
        {**TEMPLATE, "components": []},
    ],
)
def test_a_template_without_name_language_or_body_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        TemplateBook().register(wrong)


@pytest.mark.parametrize(("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("PENDING", 132001)])
def test_a_template_that_is_no_longer_approved_sends_nothing(book: TemplateBook, status: str, code: int) -> None:
    book.change("hito_shipped", "es", lambda template: template.update(status=status))

    with pytest.raises(GraphError) as refused:
        book.fill(call("a", "b"))

    assert refused.value.code == code


def test_the_list_comes_in_pages_with_the_fields_that_were_asked_for(book: TemplateBook) -> None:
    for number in range(4):
        book.register({**TEMPLATE, "name": f"hito_{number}"})

    first, after = book.page(["name", "status"], None, 3)
    rest, end = book.page(["name", "status"], after, 3)

    assert [row["name"] for row in (*first, *rest)] == ["hito_0", "hito_1", "hito_2", "hito_3", "hito_shipped"]
    assert set(first[0]) == {"id", "name", "status"}
    assert end is None
