"""Settings come from the environment; a broken one stops the process with one line that names the variable.

Secrets are `SecretStr` without a default: a process that lacks one does not start, and printing settings shows none.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

EXIT_BROKEN_CONFIGURATION = 78
"""`EX_CONFIG` of sysexits.h: a supervisor can tell a misconfigured process from a crashed one."""


class BrokenConfiguration(Exception):
    """The process cannot start; the text names the file or variable, the key, and what is wrong."""


class Settings(BaseSettings):
    """What every process needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    kafka_bootstrap: str
    kafka_idempotence: bool = True
    """Off only for a broker that has no idempotent producer; `acks=all` stays in either case."""
    kafka_session_seconds: float = Field(default=6, ge=1)
    """After this silence a consumer group takes a member for dead. Apache Kafka takes no less than 6 by default."""
    shops_dir: Path = Path("config/shops")

    @property
    def kafka_session(self) -> timedelta:
        return timedelta(seconds=self.kafka_session_seconds)


class OperationsSettings(BaseSettings):
    """Where an OS process without an API answers /livez, /readyz and /metrics; port 0 picks a free one."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    ops_host: str = "0.0.0.0"
    ops_port: int = 9000


S = TypeVar("S", bound=BaseSettings)


def load_settings(model: type[S]) -> S:
    """Read the environment. Raises BrokenConfiguration that lists every variable that is missing or wrong."""
    try:
        return model()
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise BrokenConfiguration("environment: " + "; ".join(problems)) from error
    except SettingsError as error:  # a list or a table that is not JSON; the text names the field, not the value
        raise BrokenConfiguration(f"environment: {error}") from error
