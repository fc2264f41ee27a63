"""A shop's own words, looked at one by one when they are read: they may say a thing otherwise, never do more.

Each fits into a known bound of length, fills no gap that is not filled, shows nothing hidden, leads nowhere but to the
shop itself, and tells one day from another. That the messages made of them keep their facts, `proofread` tries out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from services.notifier.wording.catalog import Catalog, CatalogError
from services.notifier.wording.dates import Calendar
from services.notifier.wording.outside_words import looks_like_link, readable
from services.notifier.wording.unrenderable import BadWording
from services.notifier.wording.words import FIELDS, Gap, pieces
from shared.contracts.vocabulary import Step
from shared.shops import Shop

MOST_GAPS = 12
_FRAMES = ("sms.", "whatsapp.")
_PLURALS = (".zero", ".one", ".two", ".few", ".many")
_STEPS = frozenset(Step)
_LONGEST = {"subject": 120, "headline": 120, "sms": 160, "sms_next": 160, "happened": 600, "next": 600}
_LONGEST_FRAME, _LONGEST_SENTENCE, _LONGEST_PART = 600, 300, 120
_SENTENCES = ("arrival.", "aftercare.", "parts.", "email.closing.")
_LONGEST_DATE = 60
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]+);")
_YEAR = tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(365))
_DAY = tuple(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=5 * number) for number in range(12 * 24))


def check_overrides(catalog: Catalog, shop: Shop) -> None:
    """Raises CatalogError that names the shop, the key and what is wrong with it."""
    for key, source in shop.texts.items():
        tag, _, text = key.partition(".")
        try:
            complaint = next(_complaints(catalog, shop, tag, text, source), None)
        except BadWording as error:
            complaint = str(error)
        if complaint is not None:
            raise CatalogError(f"shop {shop.id}: texts: {key}: {complaint}")


def _complaints(catalog: Catalog, shop: Shop, tag: str, key: str, source: str) -> Iterator[str]:
    gaps = [piece.name for piece in pieces(source) if isinstance(piece, Gap)]
    words = "".join(piece for piece in pieces(source) if isinstance(piece, str))
    if not words.strip() and not gaps:
        yield "a text that is not blank is needed here"
    if len(words) > _longest(key):
        yield f"it has {len(words)} letters, {_longest(key)} are allowed"
    if len(gaps) > MOST_GAPS:
        yield f"it has {len(gaps)} gaps, {MOST_GAPS} are allowed"
    if readable(words) != words:
        yield "it holds characters that cannot be seen, or accents apart from their letters"
    if _MARKUP.search(words):
        yield "HTML is not read here, buyers would see it as it stands"
    known = _known_gaps(catalog, tag, key)
    for gap in gaps:
        if known is not None and gap not in known:
            yield f"{{{{ {gap} }}}} is not known here"
    foreign = _foreign_link(shop, source) if not key.startswith("formats.") else None
    if foreign is not None:
        yield f"{foreign} leads away from the shop; only its own website and e-mail addresses may be named"
    if key.startswith("formats."):
        yield from _complaints_about_dates(catalog, shop, tag, key, source)


def _longest(key: str) -> int:
    """Letters, without the gaps."""
    if key.startswith(_FRAMES):
        return _LONGEST_FRAME
    if key.split(".")[0] in _STEPS:
        return _LONGEST[key.rpartition(".")[2]]
    return _LONGEST_SENTENCE if key.startswith(_SENTENCES) else _LONGEST_PART


def _known_gaps(catalog: Catalog, tag: str, key: str) -> frozenset[str] | None:
    """What this text may be filled with: what its original is filled with. None where it is tried out in full."""
    if key.startswith(_FRAMES) or (key.split(".")[0] in _STEPS and key.rpartition(".")[2] in FIELDS):
        return None
    family = next((key.removesuffix(plural) + ".other" for plural in _PLURALS if key.endswith(plural)), key)
    sources = (language.texts.get(name) for language in catalog.languages.values() for name in (key, family))
    cut = (pieces(source) for source in sources if source is not None)
    return frozenset(piece.name for parts in cut for piece in parts if isinstance(piece, Gap))


def _foreign_link(shop: Shop, source: str) -> str | None:
    """The first word that would become a link to somewhere else. A gap counts as letters: one may complete a host."""
    with_letters = "".join(piece if isinstance(piece, str) else "xx" for piece in pieces(source))
    own = _own_hosts(shop)
    for word in with_letters.split():
        if looks_like_link(word) is None or word.strip("¡!¿?.,;:()«»\"'") in shop.name.split():
            continue
        host = re.split(r"[/?#\\]", word.rpartition("://")[2])[0].rpartition("@")[2]
        host = host.strip("¡!¿.,;:()«»\"'").lower()
        if not any(host == mine or host.endswith(f".{mine}") for mine in own):
            return word
    return None


def _own_hosts(shop: Shop) -> frozenset[str]:
    hosts = [urlsplit(shop.website).hostname] if shop.website else []
    hosts += [address.rpartition("@")[2] for address in (shop.support_email, shop.sender_email) if address]
    return frozenset(host.lower().removeprefix("www.") for host in hosts if host)


def _complaints_about_dates(catalog: Catalog, shop: Shop, tag: str, key: str, source: str) -> Iterator[str]:
    """A pattern is a small language of its own: it is tried on a whole year, or a whole day."""
    locale = catalog.speech(tag, shop).locale
    calendar = Calendar(locale, ZoneInfo("UTC"), source, source, source)
    try:
        if key == "formats.time":
            shown = [calendar.clock(moment) for moment in _DAY]
        else:
            shown = [calendar.day(day) for day in _YEAR]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, NotImplementedError) as error:
        yield f"not a pattern for dates: {type(error).__name__}: {error}"
        return
    if len(set(shown)) != len(shown):
        yield "it shows different times alike"
    if max(map(len, shown)) > _LONGEST_DATE or any(looks_like_link(one) or readable(one) != one for one in shown):
        yield f"it does not show a plain date of at most {_LONGEST_DATE} letters"
