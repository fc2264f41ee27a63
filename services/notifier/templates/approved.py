"""The templates that Meta has approved for our business account, as its Graph API lists them.

Source: developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates. Pages are read up
to a size, a number and a deadline; the address of the next page is built here, never taken from an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import httpx
from pydantic import ValidationError

from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.receipt_formats.receipt import Tolerant
from services.notifier.wording.template_check import ApprovedTemplate, differences
from services.notifier.wording.whatsapp_templates import TemplateSpec
from shared.bounded_body import ACCEPTED, Unreadable, read_body
from shared.settings import BrokenConfiguration

PAGE_SIZE = 100
PAGES_LIMIT = 200
PAGE_LIMIT_BYTES = 4 * 1024 * 1024
DEADLINE = timedelta(minutes=2)
_FIELDS = "name,language,status,category,components,parameter_format,rejected_reason"
_SHOWN = 20


class ListNotRead(Exception):
    """The list could not be had now; the text says why, without a secret. Nothing is known of the templates."""


class _Component(Tolerant):
    type: str = ""
    text: str | None = None


class _Template(Tolerant):
    name: str
    language: str
    status: str = ""
    category: str = ""
    parameter_format: str = "POSITIONAL"
    rejected_reason: str = ""
    components: tuple[_Component, ...] = ()


class _Cursors(Tolerant):
    after: str | None = None


class _Paging(Tolerant):
    cursors: _Cursors = _Cursors()
    next: str | None = None


class _Page(Tolerant):
    data: tuple[_Template, ...]
    paging: _Paging = _Paging()


async def check_templates(settings: WhatsAppSettings, specs: Sequence[TemplateSpec]) -> None:
    """Raises BrokenConfiguration naming every template that differs, ListNotRead when Meta does not answer.

    Nothing is checked when WHATSAPP_BUSINESS_ACCOUNT_ID is not set.
    """
    if settings.whatsapp_business_account_id is None:
        return
    found = await template_differences(settings, settings.whatsapp_business_account_id, specs)
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BrokenConfiguration(f"WhatsApp: {'; '.join(found[:_SHOWN])}{more}")


async def template_differences(
    settings: WhatsAppSettings, account: str, specs: Sequence[TemplateSpec]
) -> tuple[str, ...]:
    """One line for each template that Meta does not have as we call it. Raises as `approved_templates`."""
    return differences(specs, await approved_templates(settings, account))


async def approved_templates(settings: WhatsAppSettings, account: str) -> tuple[ApprovedTemplate, ...]:
    """Raises ListNotRead, or BrokenConfiguration when Meta does not let us in."""
    try:
        async with (
            asyncio.timeout(DEADLINE.total_seconds()),
            httpx.AsyncClient(timeout=settings.whatsapp_deadline.total_seconds(), follow_redirects=False) as client,
        ):
            return tuple([_approved(template) async for page in _pages(client, settings, account) for template in page])
    except (TimeoutError, httpx.HTTPError, httpx.StreamError) as error:
        raise ListNotRead(f"Meta did not list the templates: {type(error).__name__}") from error


async def _pages(
    client: httpx.AsyncClient, settings: WhatsAppSettings, account: str
) -> AsyncIterator[tuple[_Template, ...]]:
    after: str | None = None
    for _ in range(PAGES_LIMIT):
        asked = {"fields": _FIELDS, "limit": str(PAGE_SIZE)} | ({"after": after} if after else {})
        page = await _page(client, settings, account, asked)
        yield page.data
        after = page.paging.cursors.after if page.paging.next else None
        if after is None:
            return
    raise ListNotRead(f"Meta's list of templates has more than {PAGES_LIMIT} pages")


async def _page(client: httpx.AsyncClient, settings: WhatsAppSettings, account: str, asked: dict[str, str]) -> _Page:
    url = f"{settings.whatsapp_url}/{account}/message_templates"
    headers = ACCEPTED | {"Authorization": f"Bearer {settings.whatsapp_access_token.get_secret_value()}"}
    async with client.stream("GET", url, params=asked, headers=headers) as answer:
        if answer.status_code in (400, 401, 403, 404):
            raise BrokenConfiguration(
                f"WHATSAPP_BUSINESS_ACCOUNT_ID: Meta answers {answer.status_code} when asked for its templates; is this"
                " the account's id, and may WHATSAPP_ACCESS_TOKEN read it (whatsapp_business_management)?"
            )
        if answer.status_code != 200:
            raise ListNotRead(f"Meta answered {answer.status_code} when asked for the templates")
        try:
            body = await read_body(answer, PAGE_LIMIT_BYTES)
        except Unreadable as error:
            raise ListNotRead(f"a page of Meta's list of templates: {error}") from error
    try:
        return _Page.model_validate_json(body)
    except ValidationError as error:
        raise ListNotRead("Meta's list of templates is not in the form that we know") from error


def _approved(template: _Template) -> ApprovedTemplate:
    bodies = [part.text for part in template.components if part.type == "BODY"]
    return ApprovedTemplate(
        name=template.name,
        language=template.language,
        status=template.status,
        category=template.category,
        body=bodies[0] if bodies else None,
        parameter_format=template.parameter_format,
        others=tuple(part.type for part in template.components if part.type != "BODY"),
        rejected_reason=template.rejected_reason,
    )
