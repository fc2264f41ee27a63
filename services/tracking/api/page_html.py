"""The buyer's page as HTML. Everything that others said is escaped; a gap nobody filled is an error, not a blank."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.tracking.api.page_answers import PageAnswer
from services.tracking.api.page_assets import Assets
from services.tracking.api.page_dates import Calendar
from services.tracking.api.page_language import LANGUAGES, Words, words_for
from services.tracking.api.page_links import phone_link

HERE = Path(__file__).parent
ASSETS = Assets("/t/assets", HERE / "static")


def environment(assets: Assets, *folders: Path) -> Environment:
    """Templates of these folders, with `asset(name)` for the address of a file and the filter `phone_link`."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = assets.url
    made.filters["phone_link"] = phone_link
    return made


_TEMPLATES = environment(ASSETS, HERE / "templates")


def render_page(page: PageAnswer, calendar: Calendar, style: str, tag: str) -> str:
    """`style` is the shop's own short style sheet, `tag` the ETag of the answer that the page shows."""
    languages = [words_for(language) for language in LANGUAGES]
    return _TEMPLATES.get_template("page.html").render(
        page=page, words=calendar.words, calendar=calendar, style=style, tag=tag, languages=languages
    )


def render_notice(words: Words, said: str) -> str:
    """A page without an order; `said` is `gone`, `too_many` or `away`."""
    return _TEMPLATES.get_template("notice.html").render(words=words, said=said)
