"""What shops, carriers and buyers typed, made fit to stand in a message: it steers no screen and becomes no link.

Mail programs and phones turn whatever looks like an address into a link of their own accord. So that a name or an item
cannot smuggle one in, a space parts what would be linked: `bit.ly/x` is read as `bit. ly/x`, in every channel alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from services.notifier.wording.gsm7 import transliterate

_LINE_BREAKS = {
    "\u0085": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\r": "\n",
    "\n": "\n",
    "\t": " ",
}
_UNREADABLE_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks by their category, nothing to the eye."""
_JOINER, _DRESS = "\u200d", "\ufe0e\ufe0f"
_JOINTS = re.compile("[\u200d\ufe0e\ufe0f]")
_KEYCAP = "\u20e3"
_FIRST_MARK = "\u0300"
"""No letter before it is a mark, or changes in NFC."""
_MOST_MARKS = 4
"""On one letter: no writing needs more, and a pile of them paints over the lines around it."""

_DOTS = str.maketrans({"\u3002": ".", "\uff61": ".", "\u2024": ".", "\ufe52": "."})
_TURNS_INTO_LINK = re.compile(
    r"""(?<=[^\s.])\.(?=[^\W\d_]{2} | [^\W\d_\x00-\x7f])    # a host: a dot, then what may be a top-level domain
      | (?<=[^\W\d_]):(?=//)                               # a scheme
      | \b(?:mailto|tel|sms|whatsapp|javascript|vbscript|data|file|intent|market):(?=\S)
      | (?<![\d.])(?:\d{1,3}\.){3}(?=\d{1,3}(?!\d))         # an IPv4 address
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FORMATS_IN_WHATSAPP = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`")
_LOOKS_LIKE = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}


def readable(text: str) -> str:
    """NFC, lines ended by a line feed, and no character that is not for reading, but for the joints inside emoji."""
    if text.isprintable() and (text.isascii() or max(text) < _FIRST_MARK):
        return text
    kept = text.replace("\r\n", "\n").translate(_READABLE)
    if _JOINTS.search(kept):
        kept = "".join(_without_loose_joints(kept))
    return _without_piles(unicodedata.normalize("NFC", kept))


def one_line(text: str) -> str:
    """As `readable`, with single spaces for all white space."""
    return " ".join(readable(text).split())


def quoted(text: str) -> str:
    """One line that nothing turns into a link, neither as it stands nor in the plain letters of an SMS."""
    line = one_line(text)
    if line.isascii() and "." not in line and ":" not in line:
        return line
    for spelling in (_as_hosts_are_read, transliterate):
        line = _parted(line, spelling)
    return line


def unformatted(line: str) -> str:
    """For WhatsApp: marks that would make it bold, struck out or code give way to their look-alikes."""
    return _FORMATS_IN_WHATSAPP.sub(lambda found: _LOOKS_LIKE[found[0]], line)


def looks_like_link(text: str) -> str | None:
    """The first word that a mail program or a phone would make a link of."""
    return next((word for word in text.split() if _TURNS_INTO_LINK.search(word)), None)


class _Readable(dict[int, str | None]):
    """For `str.translate`: what becomes of a character, found out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        unreadable = unicodedata.category(char) in _UNREADABLE_CATEGORIES or char in _BLANK
        self[code] = None if unreadable and char != _JOINER else char
        return self[code]


_READABLE = _Readable({ord(char): shown for char, shown in _LINE_BREAKS.items()})


def _without_loose_joints(text: str) -> Iterator[str]:
    """A joiner stands between two emoji, a variation selector after one; anywhere else they only hide."""
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char == _JOINER:
            joins = (_is_picture(before) or before in _DRESS) and _is_picture(after)
        elif char in _DRESS:
            joins = _is_picture(before) or after == _KEYCAP
        else:
            joins = True
        if joins:
            yield char


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk")


def _without_piles(text: str) -> str:
    if sum(char >= _FIRST_MARK for char in text) <= _MOST_MARKS:
        return text
    kept, pile = [], 0
    for char in text:
        pile = pile + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if pile <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def _as_hosts_are_read(char: str) -> str:
    if unicodedata.category(char) == "Mn":
        return ""
    return unicodedata.normalize("NFKC", char).translate(_DOTS)


def _parted(line: str, spelling: Callable[[str], str]) -> str:
    """A space after each character at whose place the line, spelt so, would turn into a link."""
    spelt = [spelling(char) for char in line]
    ends = {found.end() for found in _TURNS_INTO_LINK.finditer("".join(spelt))}
    if not ends:
        return line
    parted, position = [], 0
    for char, letters in zip(line, spelt, strict=True):
        begin, position = position, position + len(letters)
        parted.append(f"{char} " if any(begin < end <= position for end in ends) else char)
    return "".join(parted)
