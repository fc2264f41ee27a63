"""`python -m services.notifier templates`: what to submit to WhatsApp for approval, and whether it was approved.

    templates export                what to POST to Meta's message_templates, one JSON object a line
    templates export --for twilio   the same for Twilio's Content API
    templates sids                  the TOML file for TWILIO_WHATSAPP_TEMPLATES, its SIDs to be filled in
    templates check                 compares with what Meta has approved; 0 when nothing differs

It reads the words and shops as `send` does, and nothing else: no database, no broker.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.templates.approved import ListNotRead, template_differences
from services.notifier.wording.catalog import MESSAGES, CatalogError
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.submission import for_meta, for_twilio, sid_table
from services.notifier.wording.template_contract import contract
from services.notifier.wording.whatsapp_templates import TemplateSpec
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration, load_settings
from shared.shops import load_shops

EXIT_DIFFERS = 1
EXIT_TRY_AGAIN = 75

Specs = Sequence[TemplateSpec]


class _Words(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    shops_dir: Path = Path("config/shops")


def templates(arguments: Sequence[str]) -> int:
    """Answers the exit code: 64 for a wrong use, 78 for a broken configuration."""
    asked = _parser().parse_args(list(arguments))
    try:
        return _DO[asked.what](specs_of(load_settings(_Words).shops_dir), asked.target)
    except BrokenConfiguration as error:
        sys.stderr.write(f"hito notifier: {error}\n")
        return EXIT_BROKEN_CONFIGURATION


def specs_of(shops_folder: Path) -> Specs:
    """Every template that may be called. Raises BrokenConfiguration for words or shops that cannot be used."""
    shops = load_shops(shops_folder)
    try:
        return contract(load_catalog(MESSAGES, shops), shops)
    except CatalogError as error:
        raise BrokenConfiguration(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.notifier templates")
    parser.add_argument("what", choices=tuple(_DO))
    parser.add_argument("--for", dest="target", choices=("meta", "twilio"), default="meta")
    return parser


def _export(specs: Specs, target: str) -> int:
    shape = for_meta if target == "meta" else for_twilio
    return _print(json.dumps(shape(spec), ensure_ascii=False) for spec in specs)


def _sids(specs: Specs, target: str) -> int:
    return _print(sid_table(specs))


def _check(specs: Specs, target: str) -> int:
    settings = load_settings(WhatsAppSettings)
    if settings.whatsapp_business_account_id is None:
        raise BrokenConfiguration("environment: WHATSAPP_BUSINESS_ACCOUNT_ID: needed to ask what was approved")
    try:
        found = asyncio.run(template_differences(settings, settings.whatsapp_business_account_id, specs))
    except ListNotRead as error:
        sys.stderr.write(f"hito notifier: {error}\n")
        return EXIT_TRY_AGAIN
    return _print(
        found or [f"all {len(specs)} templates are approved as Hito calls them"], EXIT_DIFFERS if found else 0
    )


def _print(lines: Iterable[str], code: int = 0) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return code


_DO: dict[str, Callable[[Specs, str], int]] = {"export": _export, "sids": _sids, "check": _check}
