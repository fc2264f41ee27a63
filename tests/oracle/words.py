"""How the five facts are looked for in a body: what is written, without accents, markup and the spaces of a number."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

_UNSEEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")

NEXT: dict[str, tuple[str, ...]] = {
    "shipped": (
        "puedes ver por donde va",
        "el seguimiento empezara a moverse",
        "te avisaremos cuando salga",
        "llega el",
        "llega entre",
    ),
    "in_transit": ("te avisaremos el dia que salga", "te avisaremos cuando salga", "llega el", "llega entre"),
    "out_for_delivery": ("si no vas a estar",),
    "failed_attempt": ("llama para acordar", "para acordar el dia", "si es un error"),
    "ready_for_pickup": ("documento", "si no te ha llegado la clave", "si no te ha llegado el codigo"),
    "delivered": ("si algo no", "si aun no lo has recogido", "no lo tienes? llama"),
    "returning": ("llamanos al", "llama a la tienda"),
    "returned": ("llamanos al", "llama y vemos que hacer"),
}
"""What happens next, or what the buyer has to do: words that each wording of the step has, in Spanish, as the load's
buyers read. A step or a language that is not here is not judged.
"""


def seen_in(html: str) -> str:
    """The words of a page, without its markup."""
    return unescape(_TAG.sub(" ", _UNSEEN.sub(" ", html)))


def plain(text: str) -> str:
    """One line, no accents, small letters: an SMS leaves accents out, a mail breaks lines."""
    stripped = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(stripped.casefold().split())


def digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def says_what_is_next(body: str, step: str) -> bool:
    wordings = NEXT.get(step)
    return wordings is None or any(words in plain(body) for words in wordings)
