"""The OpenAPI document of tracking is one that a shop's developer can build against."""

from __future__ import annotations

from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from services.tracking.api import examples
from services.tracking.api.description import ABOUT
from services.tracking.api.state import ApiState
from services.tracking.processes import api_app
from shared.processes import Runtime

DOCUMENT: dict[str, Any] = api_app(Runtime("tracking", ("api",)), cast("ApiState", None)).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_does_under_a_name_of_its_own(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"] and operation["description"] and operation["tags"]
    assert operation["operationId"].isidentifier() and "_" not in operation["operationId"]


def test_no_name_is_used_twice() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_but_the_buyers_page_says_whose_key_opens_it(name: str) -> None:
    wanted: dict[str, list[dict[str, list[str]]]] = {"shops": [{"shopKey": []}], "ops": [{"opsKey": []}]}
    part = next((part for part in wanted if f" /v1/{part}/" in name), None)
    assert OPERATIONS[name].get("security") == (wanted[part] if part else None)
    assert ("401" in OPERATIONS[name]["responses"]) is (part is not None)


def test_both_keys_are_bearer_keys_and_no_operation_asks_for_the_header_by_itself() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert {(each["type"], each["scheme"]) for each in schemes.values()} == {("http", "bearer")}
    asked = {
        parameter["name"].lower() for operation in OPERATIONS.values() for parameter in operation.get("parameters", ())
    }
    assert "authorization" not in asked


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "GET /t/{token}"])
def test_every_problem_is_problem_json_with_an_example(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        if int(status) >= 400:
            (media_type,) = answer["content"]
            assert media_type == "application/problem+json"
            assert answer["content"][media_type]["example"]["status"] == int(status)


def described() -> list[tuple[str, dict[str, Any]]]:
    """Every content with a schema: of each body and of each answer."""
    found = []
    for name, operation in OPERATIONS.items():
        parts = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for part, holds in parts.items():
            for media_type, content in holds.get("content", {}).items():
                found.append((f"{name} {part} {media_type}", content))
    return found


DESCRIBED = [(where, content) for where, content in described() if "schema" in content]


@pytest.mark.parametrize(("where", "content"), DESCRIBED, ids=[where for where, _ in DESCRIBED])
def test_every_example_is_what_its_schema_says(where: str, content: dict[str, Any]) -> None:
    schema = {"$ref": content["schema"]["$ref"]} if "$ref" in content["schema"] else content["schema"]
    whole = {**schema, "components": DOCUMENT["components"]}
    given = [content["example"]] if "example" in content else [e["value"] for e in content.get("examples", {}).values()]
    assert given or "/t/" in where, "an example is worth more than a schema"
    for example in given:
        assert [error.message for error in Draft202012Validator(whole).iter_errors(example)] == []


def test_no_list_example_is_empty() -> None:
    for name, example in vars(examples).items():
        if isinstance(example, BaseModel):
            lists = [value for value in example.model_dump().values() if isinstance(value, tuple | list)]
            assert all(lists), f"{name} shows nothing"


def test_the_document_begins_with_what_every_call_has_in_common() -> None:
    assert DOCUMENT["info"]["description"] == ABOUT
