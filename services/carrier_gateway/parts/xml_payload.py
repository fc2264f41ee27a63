"""XML from outside as a small tree: no DTD, no entities beyond XML's own five, bounded in depth and in elements.

Names are local: carriers change prefixes without notice. Attributes, comments and instructions are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from services.carrier_gateway.parts.base import Malformed

DEEPEST: Final = 50
MOST_ELEMENTS: Final = 10_000


@dataclass
class Element:
    """`text` is what stands directly in it, without the text of its children."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def everywhere(self, name: str) -> Iterator[Element]:
        """Itself and all below it with that name, in the order of the document."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))

    def child(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)

    def said(self, name: str) -> str | None:
        """The stripped text of a direct child; None where there is none, or an empty one."""
        child = self.child(name)
        return (child.text.strip() or None) if child else None


class _Refused(Exception):
    """What we do not read; the message says why."""


class _Tree:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._elements = 0

    def begin(self, name: str, attributes: object) -> None:
        element = Element(name.rpartition(":")[2])
        self._elements += 1
        if len(self._open) >= DEEPEST or self._elements > MOST_ELEMENTS:
            raise _Refused(f"is deeper than {DEEPEST} levels or has more than {MOST_ELEMENTS} elements")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def end(self, name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def take(self, text: str) -> None:
        self._texts[-1].append(text)


def _refuse(*declaration: object) -> NoReturn:
    raise _Refused("declares a document type or entities")


def read_xml(body: bytes) -> Element:
    """The root. Raises Malformed for what is not XML, or for XML that nobody needs to send."""
    tree, parser = _Tree(), ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = tree.begin, tree.end
    parser.CharacterDataHandler = tree.take
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except _Refused as refused:
        raise Malformed([("body", str(refused))]) from refused
    except (ExpatError, ValueError, LookupError) as error:  # the last two: an encoding that Python does not know
        raise Malformed([("body", "is not well-formed XML")]) from error
    assert tree.root is not None  # a document without a root is an ExpatError
    return tree.root


def soap_envelope(method: str, namespace: str, arguments: dict[str, str]) -> bytes:
    """A SOAP 1.1 request: the arguments in their order, escaped. Characters that XML has none for are left out."""
    fields = "".join(f"<{name}>{escape(_legal(value))}</{name}>" for name, value in arguments.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{method} xmlns="{namespace}">{fields}</{method}>'
        "</soap:Body></soap:Envelope>"
    ).encode()


def _legal(value: str) -> str:
    return "".join(character for character in value if character.isprintable())
