"""Headless Chromium, where there is one: a fixture `browser`, and the mark of tests that need it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="not run: no Chromium on PATH")


@asynccontextmanager
async def chromium(*rules: str) -> AsyncIterator[Browser]:
    """With more of its command-line rules."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", *rules]
        )
        yield opened
        await opened.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened
