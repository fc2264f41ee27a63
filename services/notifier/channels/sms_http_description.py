"""An SMS provider told as data: one TOML file says how it takes a message, how it answers, and how it calls back.

The file is checked as a whole when a process starts and holds no secret. What it does not say, the provider is taken
not to promise: no window, no look-up, no echo.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.notifier.channels.base import OutcomeClass, Pace, ProviderError
from services.notifier.channels.blanks import placeholders
from services.notifier.channels.settings import BaseUrl
from shared.contracts.vocabulary import Verdict

FILE_LIMIT_BYTES = 64 * 1024
PLACEHOLDERS = frozenset({"to", "to_digits", "from", "text", "message_id", "callback_url"})
"""`to_digits` is the number without its plus sign; `callback_url` is where receipts are to be posted."""

JsonPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_$@-]+(\.[A-Za-z0-9_$@-]+)*$", max_length=200)]
"""Keys and positions from the outside in: `messages.0.id`."""
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[^\s#]*$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Words = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Part):
    """How the secret travels: as a bearer token, as the password of `username`, or as the value of `header`."""

    scheme: Literal["bearer", "basic", "header"]
    username: str | None = Field(default=None, pattern=r"^[^:\s]{1,200}$")
    header: HeaderName | None = None

    @model_validator(mode="after")
    def _complete(self) -> Auth:
        if (self.scheme == "basic") != (self.username is not None):
            raise ValueError("username belongs to the scheme basic, and only there")
        if (self.scheme == "header") != (self.header is not None):
            raise ValueError("header belongs to the scheme header, and only there")
        return self


class Send(_Part):
    """One POST to `path`. In the strings of `body`, `{to}` and the other placeholders are filled in."""

    path: UrlPath
    format: Literal["json", "form"]
    headers: Mapping[HeaderName, str] = {}
    body: Mapping[str, Any]

    @model_validator(mode="after")
    def _tells_whom_and_what(self) -> Send:
        used = placeholders(self.body)
        if unknown := sorted(used - PLACEHOLDERS):
            raise ValueError(f"body: no such placeholder: {', '.join(unknown)}")
        if not used & {"to", "to_digits"} or "text" not in used:
            raise ValueError("body: {to} (or {to_digits}) and {text} must stand in it")
        if self.format == "form" and not all(isinstance(value, str) for value in self.body.values()):
            raise ValueError("body: a form holds strings only")
        if any(name.lower() in ("authorization", "content-type") for name in self.headers):
            raise ValueError("headers: Authorization and Content-Type follow from auth and format")
        return self


class Idempotency(_Part):
    """For how long the provider knows a repeated request: by this header, else by `{message_id}` in the body."""

    window: timedelta = Field(gt=timedelta(0), le=timedelta(days=30))
    header: HeaderName | None = None


class Error(_Part):
    """What a code of the provider means for us. `unreachable`: another channel may reach this person."""

    words: Words
    outcome: Literal["rejected", "throttled", "not_sent", "ambiguous"] = Field(default="rejected", alias="class")
    unreachable: bool = False


class Answer(_Part):
    """Where the answer to a POST says what. `no_error`: codes that stand in a good answer."""

    provider_id: JsonPath
    error_code: JsonPath | None = None
    no_error: tuple[Code, ...] = ()


class Lookup(_Part):
    """One GET that asks for our message id.

    `not_found = "certain"` only where a 404 proves that the message never arrived; some providers list late.
    """

    path: UrlPath
    provider_id: JsonPath
    status: JsonPath
    error_code: JsonPath | None = None
    not_found: Literal["certain", "doubt"] = "doubt"

    @model_validator(mode="after")
    def _asks_for_the_message(self) -> Lookup:
        if placeholders(self.path) != {"message_id"}:
            raise ValueError("path: {message_id} must stand in it, and nothing else in braces")
        return self


class Signature(_Part):
    """HMAC-SHA256 over `signed`, in which `{timestamp}` is the header's value and `{body}` the raw body."""

    header: HeaderName
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field(default="", max_length=40)
    timestamp_header: HeaderName | None = None
    tolerance: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0), le=timedelta(hours=1))
    signed: str = Field(default="{body}", max_length=100)

    @model_validator(mode="after")
    def _covers_the_body(self) -> Signature:
        used = placeholders(self.signed)
        wanted = {"body", "timestamp"} if self.timestamp_header else {"body"}
        if used != wanted or not self.signed.endswith("{body}"):
            raise ValueError("signed: must end with {body}; {timestamp} goes with a timestamp_header")
        return self


class Receipts(_Part):
    """Where a receipt says what. `each`: the path of the list, where several come in one call."""

    each: JsonPath | None = None
    message_id: JsonPath | None = None
    provider_id: JsonPath
    status: JsonPath
    error_code: JsonPath | None = None
    signature: Signature


class Speed(_Part):
    """How fast the provider lets us go: its whole account, one sending number, one recipient (seconds between two)."""

    per_second: float | None = Field(default=None, gt=0)
    number_per_second: float | None = Field(default=None, gt=0)
    per_recipient: timedelta | None = Field(default=None, gt=timedelta(0))
    burst: int = Field(default=1, ge=1, le=1000)


class SmsProvider(_Part):
    """The whole description. `statuses` are the provider's words in receipts and look-ups; `errors` its codes."""

    url: BaseUrl
    auth: Auth
    send: Send
    answer: Answer
    idempotency: Idempotency | None = None
    lookup: Lookup | None = None
    receipts: Receipts | None = None
    pace: Speed = Speed()
    statuses: Mapping[str, Literal[Verdict.SENT, Verdict.DELIVERED, Verdict.READ, Verdict.FAILED]] = {}
    errors: Mapping[Code, Error] = {}
    transliterate: bool = True
    """Letters that GSM-7 lacks are always replaced; else only in a text that as UCS-2 takes too many segments."""
    segment_limit: int = Field(default=4, ge=1, le=10)

    @model_validator(mode="after")
    def _holds_together(self) -> SmsProvider:
        used = placeholders(self.send.body)
        if self.idempotency and self.idempotency.header is None and "message_id" not in used:
            raise ValueError("idempotency: needs a header, or {message_id} in send.body")
        if self.receipts and self.receipts.message_id and not used & {"message_id", "callback_url"}:
            raise ValueError("receipts.message_id: our id never travels: put {message_id} into send.body")
        if self.lookup and "message_id" not in used and not (self.idempotency and self.idempotency.header):
            raise ValueError("lookup: our id never travels: put {message_id} into send.body")
        if (self.lookup or self.receipts) and not self.statuses:
            raise ValueError("statuses: needed to read look-ups and receipts")
        return self

    @property
    def known_pace(self) -> Pace:
        return Pace(**self.pace.model_dump())

    @property
    def error_table(self) -> Mapping[str, ProviderError]:
        return {
            code: ProviderError(row.words, OutcomeClass(row.outcome), row.unreachable)
            for code, row in self.errors.items()
        }


def read_description(path: Path) -> SmsProvider:
    """The description in this file. Raises ValueError that names the file, each key and what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT_BYTES + 1)
        if len(content) > FILE_LIMIT_BYTES:
            raise ValueError("larger than 64 KiB")
        return SmsProvider.model_validate(tomllib.loads(content.decode()))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        problems = (_problem(item["loc"], item["msg"]) for item in error.errors(include_url=False, include_input=False))
        raise ValueError(f"{path}: " + "; ".join(problems)) from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _problem(keys: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(key) for key in keys)
    what = message.removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
