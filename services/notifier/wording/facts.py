"""The five facts of every parcel message: carrier, reference, phone, tracking link, what happens next.

Checked twice: they must be known before a word is written, and each must literally stand in what is about to be sent.
A message that lacks one does not leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from services.notifier.wording.unrenderable import Fact, MissingFact


def require_known(facts: Mapping[Fact, str]) -> None:
    """Raises MissingFact for a fact that is blank, or a phone that nobody could dial."""
    for fact, value in facts.items():
        if not value.strip():
            raise MissingFact(fact, "the step")
    phone = facts.get(Fact.PHONE)
    if phone is not None and sum(c.isdigit() for c in phone) < 3:
        raise MissingFact(Fact.PHONE, "the step: the number has no digits to dial")


def require_present(facts: Mapping[Fact, str], body: str, where: str) -> None:
    """Raises MissingFact for a fact whose text does not stand in the body as a whole, letter for letter."""
    text = " ".join(body.split())
    for fact, value in facts.items():
        if not _stands(" ".join(value.split()), text):
            raise MissingFact(fact, where)


def _stands(value: str, text: str) -> bool:
    """As a whole: reference `12` does not stand in `912`. Nothing stands nowhere."""
    if not value:
        return False
    at = text.find(value)
    while at >= 0 and not _stands_apart(value, text, at, at + len(value)):
        at = text.find(value, at + 1)
    return at >= 0


def _stands_apart(value: str, text: str, begin: int, end: int) -> bool:
    """A value that begins or ends with a letter or digit is no piece of a longer word there."""
    inside_before = value[0].isalnum() and _of_word(text[begin - 1 : begin])
    inside_after = value[-1].isalnum() and _of_word(text[end : end + 1])
    return not inside_before and not inside_after


def _of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@dataclass
class Page:
    """What a reader of an HTML e-mail sees, and where the links lead."""

    text: str = ""
    passages: list[str] = field(default_factory=list)
    """The same, cut where the markup cuts it."""
    links: list[str] = field(default_factory=list)


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    passages = [passage for seen in reader.seen if (passage := " ".join(seen.split()))]
    return Page(" ".join(passages), passages, reader.links)


class _Reader(HTMLParser):
    _WITHOUT_END = frozenset("area base br col embed hr img input link meta source track wbr".split())
    _UNSEEN = frozenset("head script style title template".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.links: list[str] = []
        self._hidden: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        if tag not in self._WITHOUT_END:
            style = (attributes.get("style") or "").replace(" ", "")
            self._hidden.append(tag in self._UNSEEN or "display:none" in style or any(self._hidden[-1:]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._WITHOUT_END and self._hidden:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._hidden[-1:]):
            self.seen.append(data)
