"""XML from outside: read as a small tree, or refused."""

from __future__ import annotations

import pytest

from services.carrier_gateway.parts.base import Malformed
from services.carrier_gateway.parts.xml_payload import DEEPEST, MOST_ELEMENTS, read_xml, soap_envelope


def test_elements_are_found_by_their_local_name_in_order() -> None:
    root = read_xml('<s:a xmlns:s="urn:x"><s:b> uno </s:b><c><b>dos &amp; más</b></c><b/></s:a>'.encode())

    assert [element.text for element in root.everywhere("b")] == [" uno ", "dos & más", ""]
    assert root.said("b") == "uno"
    assert root.said("c") is None


def test_other_encodings_are_read_as_declared() -> None:
    assert read_xml('<?xml version="1.0" encoding="ISO-8859-1"?><a>Málaga</a>'.encode("latin-1")).text == "Málaga"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY h "ha">]><a>&h;</a>',
        b'<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>',
        b"<!DOCTYPE html><html/>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1),
        b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>",
        b"<a>", b"", b"{}", b"<a>&unheard;</a>", b"<a/><b/>", b"<a>\xff</a>",
    ],
)  # fmt: skip
def test_what_nobody_needs_to_send_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read_xml(body)

    assert refused.value.errors[0][0] == "body"


def test_a_question_holds_its_arguments_whatever_they_are_made_of() -> None:
    body = soap_envelope("Ask", "urn:x", {"number": '1</number><pass>&"\x00', "pass": "ñ"})

    asked = next(read_xml(body).everywhere("Ask"))

    assert [(child.name, child.text) for child in asked.children] == [
        ("number", '1</number><pass>&"'),
        ("pass", "ñ"),
    ]
