"""A record as aiokafka hands it over; a test says only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import ConsumerRecord

from shared.contracts.envelope import Headers


def kafka_record(
    topic: str,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]],
    *,
    key: bytes | None = b"key",
    partition: int = 0,
    offset: int = 0,
) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key or b""),
        serialized_value_size=len(value or b""),
        headers=tuple(headers),
    )


def with_header(headers: Headers, name: str, value: bytes | None) -> Headers:
    """The headers with one replaced, added, or (None) taken out."""
    others = [(known, given) for known, given in headers if known != name]
    return others if value is None else [*others, (name, value)]
