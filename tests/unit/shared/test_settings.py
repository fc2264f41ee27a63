"""A process that is set up wrongly does not start, and says in one line which variables are wrong, never with what."""

from __future__ import annotations

import pytest
from pydantic import Field, SecretStr

from shared.database import DatabaseSettings, connect
from shared.settings import BrokenConfiguration, OperationsSettings, Settings, load_settings

URL = "postgresql://tracking:hunter2-is-secret@10.0.0.7:5432/tracking"


class ExampleSettings(Settings):
    example_port: int
    example_secret: SecretStr = Field(min_length=20)
    example_list: tuple[str, ...] = ()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All that ExampleSettings needs, and nothing more."""
    for name in ("KAFKA_BOOTSTRAP", "KAFKA_IDEMPOTENCE", "SHOPS_DIR", "OPS_PORT", "OPS_HOST", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:9092")
    monkeypatch.setenv("EXAMPLE_PORT", "8001")
    monkeypatch.setenv("EXAMPLE_SECRET", "long enough to be a secret")
    return monkeypatch


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EXAMPLE_LIST", '["a", "b"]')
    environment.setenv("KAFKA_IDEMPOTENCE", "false")
    settings = load_settings(ExampleSettings)
    assert (settings.example_port, settings.example_list) == (8001, ("a", "b"))
    assert settings.kafka_idempotence is False


def test_whoever_says_nothing_gets_a_producer_that_loses_and_doubles_nothing(
    environment: pytest.MonkeyPatch,
) -> None:
    assert load_settings(ExampleSettings).kafka_idempotence is True


def test_every_variable_that_is_missing_or_wrong_is_named_in_one_line(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("KAFKA_BOOTSTRAP")
    environment.setenv("EXAMPLE_PORT", "eight thousand")
    environment.setenv("EXAMPLE_SECRET", "short")
    with pytest.raises(BrokenConfiguration) as refused:
        load_settings(ExampleSettings)
    said = str(refused.value)
    assert said.startswith("environment: ")
    assert "\n" not in said
    for variable in ("KAFKA_BOOTSTRAP: Field required", "EXAMPLE_PORT: ", "EXAMPLE_SECRET: "):
        assert variable in said
    assert "short" not in said.replace("too_short", "")
    assert "eight thousand" not in said


def test_a_list_that_is_no_json_is_named_without_what_stood_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EXAMPLE_LIST", "canary, and more")
    with pytest.raises(BrokenConfiguration) as refused:
        load_settings(ExampleSettings)
    assert "example_list" in str(refused.value).lower()
    assert "canary" not in str(refused.value)


def test_printing_settings_shows_no_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", URL)
    shown = [load_settings(ExampleSettings), load_settings(DatabaseSettings)]
    for text in (repr(shown), str(shown), str([each.model_dump() for each in shown])):
        assert "long enough" not in text
        assert "hunter2" not in text


def test_settings_cannot_be_changed_after_the_start(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings(OperationsSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.ops_port = 1  # type: ignore[misc]


def test_a_database_address_that_is_none_stops_the_start_without_being_shown() -> None:
    with pytest.raises(BrokenConfiguration, match=r"^environment: DATABASE_URL: not a database address$"):
        connect("hunter2-is-secret", name="tracking")
