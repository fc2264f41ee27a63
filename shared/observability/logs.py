"""JSON logs, one line an event. Only fields on the list below get out: a stray phone number has no door to leave by."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from shared.observability import tracing

FIELDS = frozenset(
    """
    ts level service version event trace_id span_id shop step channel verdict reason state topic partition offset
    handler carrier code attempt count seconds port process provider outcome_class error_type where lag size
    status method route applied duplicate stale parked dead message_id event_id key_hash key_name deadline_seconds
    missing folder backend
    """.split()
)
"""Ids, words from our own vocabulary, counts and coordinates. No name, address, phone, reference, URL or free text."""

_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]+")
_PHONE = re.compile(r"\+?\d[\d ()-]{7,}\d")
_SHORTEST_PHONE = 9
"""No shorter text matches."""
_HAS_LONG_NUMBERS = frozenset(
    {
        "ts",
        "trace_id",
        "span_id",
        "message_id",
        "event_id",
        "offset",
        "key_hash",
        "topic",
        "where",
        "version",
        "seconds",
    }
)


def keep_known_fields(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop fields that are not on the list, and count them so that the loss is seen."""
    dropped = [key for key in event if key not in FIELDS]
    for key in dropped:
        del event[key]
    if dropped:
        event["missing"] = len(dropped)
    return event


def redact_values(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The second wall: anything that looks like an e-mail address or a phone number inside an allowed field."""
    for key, value in event.items():
        if value is None or isinstance(value, bool | int | float):
            continue
        text = str(value)
        if "@" in text:
            text = _ADDRESS.sub("[redacted]", text)
        if len(text) >= _SHORTEST_PHONE and key not in _HAS_LONG_NUMBERS:
            text = _PHONE.sub("[redacted]", text)
        event[key] = text
    return event


def say_which_trace(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where the running task belongs to one, and the line names none itself."""
    if (current := tracing.current()) is not None and "trace_id" not in event:
        event["trace_id"], event["span_id"] = tracing.ids(current)
    return event


def describe_exception(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception becomes its type and the places it passed; its text may quote data and stays out."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if error is not None:
        event["error_type"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["where"] = " < ".join(f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno}:{f.name}" for f in reversed(frames))
    return event


def configure_logs(service: str, level: str = "INFO", stream: Any = None) -> None:
    """Call once per OS process. Standard-library loggers (uvicorn, aiokafka, sqlalchemy) pass only warnings and above,
    by their logger's name and level alone: their texts quote addresses and data.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            _say_who(service),
            say_which_trace,
            describe_exception,
            keep_known_fields,
            redact_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    _logger.clear()
    root = logging.getLogger()
    root.handlers[:] = [_Foreign()]
    root.setLevel(logging.WARNING)


def _say_who(service: str) -> structlog.typing.Processor:
    def add(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add


class _Foreign(logging.Handler):
    """Turns a library's warning into one of our lines: who warned and where, not the text."""

    def emit(self, record: logging.LogRecord) -> None:
        where = f"{record.name}:{record.funcName}:{record.lineno}"
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        say = get_logger().error if record.levelno >= logging.ERROR else get_logger().warning
        say("library_warning", where=where, error_type=kind)


_logger: list[structlog.typing.FilteringBoundLogger] = []
"""Made once for each configuration: making one costs as much as a line."""


def get_logger() -> structlog.typing.FilteringBoundLogger:
    if not _logger:
        _logger.append(structlog.get_logger().bind())
    return _logger[0]
