"""What the models of carriers' JSON have in common: camel-case names, and texts that some programs write as numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


Written = Annotated[str, BeforeValidator(_number_as_text)]
"""A text; a whole number is read as its digits."""


class Part(BaseModel):
    """`countryCode` in the payload is `country_code` here."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
