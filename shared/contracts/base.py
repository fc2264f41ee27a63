"""The field types and the one base class that every contract is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def rfc3339(value: datetime) -> str:
    """RFC 3339 in UTC with a `Z`; fractions of a second only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_to_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time. A value without a zone is refused; on the wire it is UTC with a `Z`, as `rfc3339` writes it."""

ShopId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
OrderId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s/\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$")
]
"""The shop's own number. No slash (it would break the key `shop/order`) and no control characters."""
CarrierId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Reference = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
    ),
]
"""What the carrier calls the parcel. May hold a slash (NACEX: `1234/56789012`), never control characters."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
ShortText = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
"""No NUL: PostgreSQL cannot hold one, so an order with one would be accepted and then be a dead letter."""
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"\x00-\x1f\x7f]+$", max_length=2000)]


class Contract(BaseModel):
    """Immutable; unknown fields are refused. Consumers use `decode`, which ignores them."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    def to_json(self) -> bytes:
        """The wire form: UTF-8 JSON; absent values are left out, so that an added optional field changes nothing."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


C = TypeVar("C", bound=Contract)


def decode(model: type[C], value: bytes | str) -> C:
    """Read a value as a consumer does: unknown fields are ignored.

    Raises pydantic.ValidationError when the value is not JSON or lacks what the contract requires.
    """
    return model.model_validate_json(value, extra="ignore")
