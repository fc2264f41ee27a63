"""Which channels this installation has: those whose variables are set. Half a channel is an error, never left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import load_settings


def _without_slash(url: str) -> str:
    return url.rstrip("/")


BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+$"), AfterValidator(_without_slash)]
"""Scheme, host and perhaps a path; without the slash at the end."""


def _read_seconds(value: object) -> object:
    return float(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", value) else value


Deadline = Annotated[timedelta, BeforeValidator(_read_seconds), Field(gt=timedelta(0), le=timedelta(hours=1))]
"""Seconds (`30`), `HH:MM:SS`, or ISO 8601 (`PT30S`)."""


class ChannelSettings(BaseSettings):
    """The variables of one provider. An empty variable counts as not set.

    `no_sign` names required variables that others need too: that they are set is no sign that this provider is wanted.
    `shared` are such variables only while one of `sharers` is set, which tells what else they are for.
    """

    no_sign: ClassVar[frozenset[str]] = frozenset({"NOTIFIER_PUBLIC_URL"})
    shared: ClassVar[frozenset[str]] = frozenset()
    sharers: ClassVar[frozenset[str]] = frozenset()
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)


S = TypeVar("S", bound=ChannelSettings)


def configured(model: type[S]) -> S | None:
    """The settings of one provider, None when not one of its own variables is set.

    Raises BrokenConfiguration naming each variable that is missing or wrong when only some are set.
    """
    fields = model.model_fields.items()
    own = {str(field.validation_alias or name).upper() for name, field in fields if field.is_required()}
    no_sign = model.no_sign | (model.shared if _any_set(model.sharers) else frozenset())
    return load_settings(model) if _any_set(own - no_sign) else None


def _any_set(names: Iterable[str]) -> bool:
    return any(os.environ.get(name) for name in names)
