"""`python -m services.notifier bounce < mail`: what an MTA pipes mail to that came back to `EMAIL_FROM`.

It signs the mail and posts it to the notifier. It ends with sysexits(3) codes, which MTAs understand: with 75 the MTA
keeps the mail and tries again, so no bounce is lost while the notifier is away.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import httpx
from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifier.channels.email_settings import check_bounce_secret
from services.notifier.channels.settings import BaseUrl
from services.notifier.receipt_formats.dsn import READ_LIMIT_BYTES
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration, load_settings
from shared.signatures import StandardWebhooks

DEADLINE_SECONDS = 20
EXIT_USAGE = 64
EXIT_DATA = 65
EXIT_TRY_AGAIN = 75


class PipeSettings(BaseSettings):
    """`NOTIFIER_URL` is where the notifier's API listens."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    email_bounce_secret: Annotated[SecretStr, AfterValidator(check_bounce_secret)]
    notifier_url: BaseUrl = "http://127.0.0.1:8003"


def bounce(arguments: Sequence[str]) -> int:
    """Reads one mail from standard input, as much of it as is looked at. Answers the exit code."""
    if arguments:
        sys.stderr.write("usage: python -m services.notifier bounce < mail\n")
        return EXIT_USAGE
    try:
        settings = load_settings(PipeSettings)
    except BrokenConfiguration as error:
        sys.stderr.write(f"hito notifier: cannot take bounces: {error}\n")
        return EXIT_BROKEN_CONFIGURATION
    mail = sys.stdin.buffer.read(READ_LIMIT_BYTES)
    return hand_over(mail, settings, message_id=f"bounce_{uuid4().hex}", now=datetime.now(UTC))


def hand_over(mail: bytes, settings: PipeSettings, *, message_id: str, now: datetime) -> int:
    """0 when the notifier has taken it, 65 when it never will, 75 to try again."""
    signer = StandardWebhooks([settings.email_bounce_secret.get_secret_value()])
    headers = {"Content-Type": "message/rfc822", **signer.sign(mail, message_id, now)}
    url = f"{settings.notifier_url}/receipts/dsn"
    try:
        answer = httpx.post(url, content=mail, headers=headers, timeout=DEADLINE_SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        sys.stderr.write(f"hito notifier: {url} did not answer: {type(error).__name__}\n")
        return EXIT_TRY_AGAIN
    if answer.is_success:
        return 0
    sys.stderr.write(f"hito notifier: {url} answered {answer.status_code}\n")
    return EXIT_DATA if answer.status_code in (413, 422) else EXIT_TRY_AGAIN
