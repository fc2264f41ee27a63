"""A shop that has an answer already hears that nothing has changed, and nothing more."""

from __future__ import annotations

import httpx
import pytest

from tests.support.deliveries import ORDER, SEUR, order, scan
from tests.support.tracking_api import KEY, OTHER_KEY, Api

ONE = f"/v1/shops/demo/orders/{ORDER}"
PATHS = [ONE, f"{ONE}/timeline", f"{ONE}/why", "/v1/shops/demo/orders"]


async def call(api: Api, path: str, held: str | None = None, method: str = "GET", key: str = KEY) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} | ({"if-none-match": held} if held is not None else {})
    return await api.client.request(method, path, headers=headers)


@pytest.mark.parametrize("path", PATHS)
async def test_an_answer_that_has_not_changed_is_not_sent_again(api: Api, path: str) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]))
    first = await call(api, path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert tag.startswith('"'), "a strong tag: the same tag, the same bytes"
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await call(api, path, held)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "private, no-cache"
    assert (await call(api, path, '"other"')).content == first.content


@pytest.mark.parametrize("path", PATHS)
async def test_after_a_scan_the_answer_is_another(api: Api, path: str) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]))
    tag = (await call(api, path)).headers["etag"]
    await api.tracking.tell(scan("delivered", 5))
    answer = await call(api, path, tag)
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


@pytest.mark.parametrize("path", PATHS)
async def test_head_answers_the_headers_of_get(api: Api, path: str) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]))
    got, head = await call(api, path), await call(api, path, method="HEAD")
    assert (head.status_code, head.headers["etag"]) == (200, got.headers["etag"])
    assert (await call(api, path, got.headers["etag"], "HEAD")).status_code == 304


@pytest.mark.parametrize("path", PATHS)
async def test_a_tag_opens_nothing_without_the_key(api: Api, path: str) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]))
    tag = (await call(api, path)).headers["etag"]
    assert [(await call(api, path, tag, key=key)).status_code for key in ("wrong", OTHER_KEY)] == [401, 404]


async def test_a_call_with_another_method_is_told_all_that_are_allowed(api: Api) -> None:
    answer = await call(api, "/v1/shops/demo/orders", method="DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.headers["content-type"] == "application/problem+json"
