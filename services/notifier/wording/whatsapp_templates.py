"""WhatsApp takes no free text outside a conversation: each wording is a template, approved beforehand, with parameters.

Bodies and parameters are derived from the language files, so what we call and what was approved cannot drift apart.
Source of the limits: Meta's message template reference (category utility; body of at most 1024 characters; a body
neither begins nor ends with a parameter and has no two of them side by side; no newlines, tabs or more than four
spaces in a value; positional parameters count from 1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.notifier.wording.unrenderable import BadWording
from services.notifier.wording.variants import speaks_of_parcel
from services.notifier.wording.words import Gap, Piece, Speech, pieces
from shared.contracts.vocabulary import Step
from shared.shops import Shop

BODY_LIMIT = 1024
CATEGORY = "UTILITY"
NAME_LIMIT = 512
LANGUAGES = frozenset(
    """
    af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en en_GB
    en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH
    fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb fa pl pt_BR
    pt_PT pa ro ru sr sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr
    uk ur uz vi zu
    """.split()
)
"""Codes that templates may be in: Meta's "Supported languages", as of May 2026."""
_PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True)
class TemplateCall:
    """What is sent: the template's name, its language as WhatsApp writes it (`es_AR`), the values of {{1}}, {{2}}..."""

    name: str
    language: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class TemplateSpec:
    """What is submitted for approval. `parameters` names the values in their order, `examples` shows one of each."""

    name: str
    language: str
    category: str
    body: str
    parameters: tuple[str, ...]
    examples: tuple[str, ...] = ()


def template_for(speech: Speech, step: Step, variant: str | None, shop: Shop) -> TemplateSpec:
    """The template of one wording. A shop that says it in words of its own has a template of its own, by its id."""
    spec = _template(speech, step, variant)
    if not speech.overrides or spec == _template(speech.without_overrides, step, variant):
        return spec
    return replace(spec, name=f"{spec.name}_{shop.id.replace('-', '_')}")


def _template(speech: Speech, step: Step, variant: str | None) -> TemplateSpec:
    parts = _expanded(speech, step, variant)
    names = tuple(part.name for part in parts if isinstance(part, Gap))
    counter = iter(range(1, len(names) + 1))
    body = "".join(part if isinstance(part, str) else f"{{{{{next(counter)}}}}}" for part in parts)
    name = f"hito_{step.value}" if variant is None else f"hito_{step.value}_{variant}"
    return TemplateSpec(name, speech.tag.replace("-", "_"), CATEGORY, body, names)


def hydrate(spec: TemplateSpec, values: Mapping[str, str]) -> tuple[TemplateCall, str]:
    """The call and the text that the buyer reads. Raises BadWording when a value is missing or unfit."""
    parameters = tuple(_value(spec, name, values) for name in spec.parameters)
    text = _PLACEHOLDER.sub(lambda found: parameters[int(found[1]) - 1], spec.body)
    return TemplateCall(spec.name, spec.language, parameters), text


def faults(spec: TemplateSpec) -> tuple[str, ...]:
    """What WhatsApp would refuse about this template, in words; empty when nothing."""
    found = []
    if len(spec.body) > BODY_LIMIT:
        found.append(f"the body has {len(spec.body)} characters, {BODY_LIMIT} are allowed")
    if spec.body.startswith("{{") or spec.body.endswith("}}"):
        found.append("the body begins or ends with a parameter")
    if "}}{{" in "".join(spec.body.split()):
        found.append("two parameters stand side by side")
    if not re.fullmatch(rf"[a-z0-9_]{{1,{NAME_LIMIT}}}", spec.name):
        found.append(f"the name {spec.name!r} may hold only small letters, digits and underscores")
    if spec.language not in LANGUAGES:
        found.append(f"{spec.language} is no language of WhatsApp templates")
    if re.search(r"\t| {5}", spec.body):
        found.append("the body holds a tab or more than four spaces in a row")
    return tuple(found)


def _value(spec: TemplateSpec, name: str, values: Mapping[str, str]) -> str:
    value = " ".join(values.get(name, "").split())
    if not value:
        raise BadWording(f"template {spec.name} ({spec.language}): parameter {name} has no value")
    return value


def _expanded(speech: Speech, step: Step, variant: str | None) -> tuple[Piece, ...]:
    """The frame of the channel with the step's own words in it."""
    frame = pieces(speech.source("whatsapp.parcel" if speaks_of_parcel(step, variant) else "whatsapp.order"))
    parts: list[Piece] = []
    for piece in frame:
        if isinstance(piece, Gap) and piece.name in ("happened", "next"):
            parts.extend(pieces(speech.step_source(step, variant, piece.name)))
        else:
            parts.append(piece)
    return tuple(parts)
