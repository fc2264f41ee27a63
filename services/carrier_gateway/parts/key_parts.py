"""API keys of several parts in one variable, written as a form: `user=SHOP&password=s%26cret`.

One variable per carrier keeps the naming rule; the form's own escaping lets a password hold any character.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl


def key_parts(key: str, names: tuple[str, ...]) -> Mapping[str, str]:
    """The parts by name. Raises ValueError naming what is missing, empty, twice or unknown; never a value."""
    pairs = parse_qsl(key, keep_blank_values=True, max_num_fields=30)
    given = dict(pairs)
    wrong = [name for name in names if not given.get(name)]
    if wrong or len(given) != len(pairs) or set(given) - set(names):
        raise ValueError(
            f"is not a key of the parts {', '.join(names)}, each once, like {names[0]}=...&{names[-1]}=..."
        )
    return given
