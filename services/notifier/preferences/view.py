"""The preferences page as HTML. No name and no whole address is on it: links get forwarded."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifier.preferences.choices import Choices, Visitor
from services.notifier.preferences.wording import PageWords
from services.notifier.wording.brand import DARK_GROUND, LIGHT_GROUND, paint_on
from services.notifier.wording.catalog import Catalog
from shared.contracts.vocabulary import Channel
from shared.shops import Shop

_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text("utf-8")
_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("page.html")
HIDDEN = "···"


@dataclass(frozen=True)
class ChannelRow:
    name: str
    address: str
    on: bool


@dataclass(frozen=True)
class LanguageRow:
    tag: str
    name: str


@dataclass(frozen=True)
class View:
    """What the page shows."""

    token: str
    channels: tuple[ChannelRow, ...]
    extras: bool
    language: str
    languages: tuple[LanguageRow, ...]
    order_page: str

    @property
    def any_channel(self) -> bool:
        return any(channel.on for channel in self.channels)


def offered_channels(visitor: Visitor, shop: Shop, installed: frozenset[Channel]) -> tuple[Channel, ...]:
    """Those that the shop uses and that could reach this person, in the shop's order."""
    used = (channel for group in shop.channels.order for channel in group)
    return tuple(channel for channel in used if channel in installed and channel in visitor.addresses)


def language_now(visitor: Visitor, choices: Choices, catalog: Catalog, shop: Shop) -> str:
    """The tag of the language in which the next message will be written."""
    return catalog.speech(choices.language or visitor.person.locale, shop).tag


def describe(
    token: str, visitor: Visitor, choices: Choices, shop: Shop, installed: frozenset[Channel], catalog: Catalog
) -> View:
    offered = offered_channels(visitor, shop, installed)
    return View(
        token=token,
        channels=tuple(ChannelRow(c, masked(visitor.addresses[c]), c in choices.channels) for c in offered),
        extras=choices.extras,
        language=language_now(visitor, choices, catalog, shop),
        languages=tuple(LanguageRow(tag, _own_name(tag)) for tag in sorted(catalog.languages)),
        order_page=visitor.step.tracking_url,
    )


def masked(address: str) -> str:
    """`l···@example.com`, `+34 ··· 001`: enough to know one's own, too little to learn another's."""
    local, at, domain = address.rpartition("@")
    if at:
        return f"{local[:1]}{HIDDEN}@{domain}"
    return f"{address[:3]} {HIDDEN} {address[-3:]}"


def _own_name(tag: str) -> str:
    name = str(Locale.parse(tag, sep="-").get_display_name(tag.replace("-", "_")) or tag)
    return name[:1].upper() + name[1:]


def render_page(view: View, shop: Shop, words: PageWords, *, saved: bool) -> tuple[str, str]:
    """The page and its content security policy."""
    styles = (_STYLE, _brand(shop.colour))
    page = _TEMPLATE.render(
        view=view, words=words, shop=shop.name, saved=saved, title=words.say("title"), styles=styles
    )
    return page, policy(*styles)


def render_notice(words: PageWords, said: str) -> tuple[str, str]:
    """A page that says why there is nothing to choose; `said` is `gone`, `too_many`, `unclear` or `away`."""
    title, text = words.say(f"{said}.title"), words.say(f"{said}.text")
    page = _TEMPLATE.render(view=None, words=words, shop=None, title=title, text=text, styles=(_STYLE,))
    return page, policy(_STYLE)


def _brand(colour: str) -> str:
    """A checked `#rrggbb`, moved as far as it takes to stand out from the card it is on."""
    light, dark = paint_on(LIGHT_GROUND, colour), paint_on(DARK_GROUND, colour)
    return (
        f":root{{--brand:{light.accent};--on-brand:{light.ink}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--brand:{dark.accent};--on-brand:{dark.ink}}}}}"
    )


def policy(*styles: str) -> str:
    hashes = " ".join(f"'sha256-{_digest(style)}'" for style in styles)
    return f"default-src 'none'; style-src {hashes}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
