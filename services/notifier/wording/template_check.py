"""What we are going to call, against what the provider says it has approved: every difference by name, with its reason.

A template that differs would be refused by the provider one message at a time, or worse, read otherwise than written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.notifier.wording.whatsapp_templates import TemplateSpec, faults

APPROVED = "APPROVED"
POSITIONAL = "POSITIONAL"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class ApprovedTemplate:
    """A template as the provider keeps it. `body` is None without one; `others` are its further components' types."""

    name: str
    language: str
    status: str
    category: str
    body: str | None
    parameter_format: str = POSITIONAL
    others: tuple[str, ...] = ()
    rejected_reason: str = ""


def differences(specs: Iterable[TemplateSpec], approved: Iterable[ApprovedTemplate]) -> tuple[str, ...]:
    """One line for each template that cannot be used as we would call it; empty when all can."""
    kept: dict[str, dict[str, ApprovedTemplate]] = defaultdict(dict)
    for template in approved:
        kept[template.name][template.language] = template
    return tuple(
        f"template {spec.name} ({spec.language}): {reason}" for spec in specs for reason in _reasons(spec, kept)
    )


def _reasons(spec: TemplateSpec, kept: Mapping[str, Mapping[str, ApprovedTemplate]]) -> Iterator[str]:
    """What is wrong with our own words comes first: no approval could mend it."""
    ours = faults(spec)
    languages = kept.get(spec.name, {})
    theirs = languages.get(spec.language)
    if ours:
        yield ours[0]
    elif not languages:
        yield "no template of this name is approved"
    elif theirs is None:
        yield f"approved in {', '.join(sorted(languages))}, but not in this language"
    else:
        yield from _differs(spec, theirs)


def _differs(spec: TemplateSpec, theirs: ApprovedTemplate) -> Iterator[str]:
    if theirs.status != APPROVED:
        why = f" ({theirs.rejected_reason})" if theirs.rejected_reason not in ("", "NONE") else ""
        yield f"its status is {theirs.status}{why}, not {APPROVED}"
    elif theirs.category != spec.category:
        yield f"its category is {theirs.category}, not {spec.category}"
    elif theirs.body is None:
        yield "it has no body"
    elif theirs.others:
        yield f"it has a part that Hito does not fill: {', '.join(theirs.others)}"
    else:
        yield from _body_differs(spec, theirs.body, theirs.parameter_format)


def _body_differs(spec: TemplateSpec, body: str, parameter_format: str) -> Iterator[str]:
    names = _PLACEHOLDER.findall(body)
    expected = [str(number) for number in range(1, len(spec.parameters) + 1)]
    if parameter_format != POSITIONAL or any(not name.isdigit() for name in names):
        yield "its parameters have names; Hito numbers them: {{1}}, {{2}}"
    elif len(set(names)) != len(expected):
        yield f"it takes {len(set(names))} parameters, Hito gives {len(expected)}: {', '.join(spec.parameters)}"
    elif names != expected:
        yield f"its parameters stand as {', '.join(names)}, not {', '.join(expected)}"
    elif _plain(body) != _plain(spec.body):
        yield f"its text is another from character {_first_difference(_plain(body), _plain(spec.body))} on"


def _plain(body: str) -> str:
    return body.replace("\r\n", "\n").strip()


def _first_difference(one: str, other: str) -> int:
    """Counted from 1."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs, 1) if a != b), min(len(one), len(other)) + 1)
