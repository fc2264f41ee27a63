"""The field names that an adapter reads: those of the models in its own module, and of the models these are made of.

Read off the code, so that no list of them can grow stale. Adapters of XML and of plain lines have no models: for them
nothing is known beforehand, and only what changes against their own first payloads is told.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo

from services.carrier_gateway import carriers
from services.carrier_gateway.parts.base import Carrier
from services.carrier_gateway.parts.json_report import ReportShape
from shared.contracts.base import Contract

Model = type[BaseModel]


def known_fields(carrier: Carrier) -> frozenset[str]:
    """In small letters."""
    home = f"{carriers.__name__}.{carrier.id}"
    values = vars(sys.modules.get(home, sys.modules[carrier.parse.__module__])).values()
    shapes = [value for value in values if isinstance(value, ReportShape)]
    models: set[Model] = set()
    waiting = [model for value in (*values, *(m for s in shapes for m in s.models)) for model in _models_in(value)]
    while waiting:
        model = waiting.pop()
        if model not in models:
            models.add(model)
            waiting += [part for info in model.model_fields.values() for part in _models_in(info.annotation)]
    return frozenset(
        name.lower() for model in models for field, info in model.model_fields.items() for name in _names(field, info)
    )


def _models_in(annotation: Any) -> Iterator[Model]:
    """Models of carriers' payloads anywhere in a type; our own contracts are none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is not BaseModel and not issubclass(annotation, Contract):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models_in(part)


def _names(field: str, info: FieldInfo) -> Iterator[str]:
    yield field
    chosen = info.validation_alias
    for alias in (info.alias, *(chosen.choices if isinstance(chosen, AliasChoices) else (chosen,))):
        for name in alias.path if isinstance(alias, AliasPath) else (alias,):
            if isinstance(name, str):
                yield name
