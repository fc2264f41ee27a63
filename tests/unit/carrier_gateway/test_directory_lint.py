from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from services.carrier_gateway.directory_lint import all_complaints
from shared.contracts.directory import CarrierEntry, CarrierPhone
from shared.shops import Shop

TODAY = date(2026, 3, 30)
STALE = date(2024, 1, 1)


def dhl(*, checked_on: date = STALE, confirmed: bool = True, source: str = "its contact page") -> CarrierEntry:
    phone = CarrierPhone(
        country="ES", number="+34 900 000 000", source=source, checked_on=checked_on, confirmed=confirmed
    )
    return CarrierEntry(id="dhl", name="DHL", zone="Europe/Berlin", phones=(phone,))


def shop(name: str, carrier: str | None = None, country: str = "ES") -> Shop:
    phones = {carrier: {country: "+34 910 000 002"}} if carrier else {}
    return Shop(id=name, name=name, support_phone="+34 910 000 001", carrier_phones=phones)


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run as a person does, without any setting in the environment."""
    return subprocess.run(
        [sys.executable, "-m", "services.carrier_gateway", "directory", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )


@pytest.mark.parametrize("entry", [dhl(), dhl(checked_on=date(2026, 3, 1), source=" ")])
def test_a_stale_or_unsourced_phone_that_buyers_are_given_is_a_complaint(entry: CarrierEntry) -> None:
    assert len(list(all_complaints([entry], [shop("faro")], TODAY))) == 1


def test_a_phone_that_every_shop_replaces_is_given_to_nobody() -> None:
    assert list(all_complaints([dhl()], [shop("faro", "dhl"), shop("norte", "dhl")], TODAY)) == []


@pytest.mark.parametrize("other", [shop("norte"), shop("norte", "dhl", "PT")])
def test_one_shop_that_does_not_replace_it_is_enough_for_a_complaint(other: Shop) -> None:
    assert len(list(all_complaints([dhl()], [shop("faro", "dhl"), other], TODAY))) == 1


def test_an_old_phone_that_nobody_calls_confirmed_is_no_complaint() -> None:
    assert list(all_complaints([dhl(confirmed=False)], [shop("faro")], TODAY)) == []


def test_a_shops_number_for_a_carrier_that_does_not_exist_is_a_complaint() -> None:
    (complaint,) = all_complaints([dhl(confirmed=False)], [shop("faro", "dlh")], TODAY)

    assert complaint == "faro: carrier_phones.dlh: there is no such carrier"


def test_the_project_as_it_is_has_nothing_to_mend() -> None:
    done = lint()

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_the_tool_fails_with_one_line_for_each_complaint(tmp_path: Path) -> None:
    text = 'name = "Faro"\nsupport_phone = "+34 910 000 001"\n[carrier_phones.dlh]\nES = "+34 910 000 002"\n'
    (tmp_path / "faro.toml").write_text(text, "utf-8")

    done = lint(str(tmp_path))

    assert done.returncode == 1
    assert done.stdout.startswith("faro: carrier_phones.dlh:")


def test_a_folder_without_shops_and_too_many_words_are_refused(tmp_path: Path) -> None:
    assert lint(str(tmp_path)).returncode == 78
    assert lint("a", "b").returncode == 64
