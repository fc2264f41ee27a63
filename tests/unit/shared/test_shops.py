"""A shop is a file. One that is wrong stops the start, naming the file and the key."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Channel, Step
from shared.settings import BrokenConfiguration
from shared.shops import Channels, Shop, Shops, load_shops
from tests.support.source_files import ROOT

LEAST = 'name = "Librería Faro"\nsupport_phone = "+34 910 000 001"\n'
EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP


def shop_from(folder: Path, text: str, name: str = "faro") -> Shop:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return load_shops(folder)[name]


def test_the_shop_that_comes_with_hito_is_complete() -> None:
    shop = load_shops(ROOT / "config" / "shops")["demo"]
    assert shop.name == "Librería Faro"
    assert shop.channels.groups_for(Step.DELIVERED) == ((EMAIL,), (WHATSAPP, SMS))
    assert shop.channels.groups_for(Step.PREPARING) == ((EMAIL,),)


def test_two_lines_are_enough_for_a_shop(tmp_path: Path) -> None:
    shop = shop_from(tmp_path, LEAST)
    assert (shop.id, shop.language, shop.zone, shop.country) == ("faro", "es", "Europe/Madrid", "ES")
    assert shop.quiet_hours is None
    assert shop.promise.announce_broken
    assert (shop.promise.cut_off, shop.promise.tell_at) == (time(14), time(9))


def test_a_shop_may_have_its_own_idea_of_late_and_keeps_the_rest(tmp_path: Path) -> None:
    text = LEAST + "[promise]\nfirst_scan_business_days = 2\ncut_off = 17:30:00\n"
    rules = shop_from(tmp_path, text).promise
    assert (rules.first_scan_business_days, rules.cut_off) == (2, time(17, 30))
    assert (rules.stalled_domestic_business_days, rules.stalled_international_business_days) == (3, 5)


def test_a_shop_may_say_when_it_is_quiet_and_what_it_calls_its_courier(tmp_path: Path) -> None:
    text = (
        LEAST
        + '[quiet_hours]\nbegin = 21:30:00\nend = 09:00:00\n[carrier_names]\ngeneric = "Mensajería Faro"\n'
        + '[carrier_phones.generic]\nES = "+34 910 000 002"\n[texts]\n"es.shipped.subject" = "¡Ya va!"\n'
    )
    shop = shop_from(tmp_path, text)
    assert shop.quiet_hours is not None
    assert (shop.quiet_hours.begin, shop.quiet_hours.end) == (time(21, 30), time(9))
    assert shop.carrier_names["generic"] == "Mensajería Faro"
    assert shop.carrier_phones["generic"]["ES"] == "+34 910 000 002"
    assert shop.texts["es.shipped.subject"] == "¡Ya va!"


BROKEN = {
    "no TOML": ("name = ", "not TOML"),
    "no name": ('support_phone = "+34 910 000 001"', "name: Field required"),
    "no phone to call": ('name = "Faro"', "support_phone: Field required"),
    "a phone in words": (LEAST.replace("+34 910 000 001", "call us"), "support_phone: String should match"),
    "a zone that is none": (LEAST + 'zone = "Madrid"', "zone: Value error, not an IANA time zone"),
    "a colour in words": (LEAST + 'colour = "teal"', "colour: String should match"),
    "a website that is none": (LEAST + 'website = "javascript:alert(1)"', "website: String should match"),
    "an unknown key": (LEAST + 'telephone = "1"', "telephone: Extra inputs are not permitted"),
    "an unknown channel": (LEAST + '[channels]\norder = [["fax"]]', "channels.order.0.0: Input should be 'email'"),
    "no channel at all": (LEAST + "[channels]\norder = []", "channels.order: Tuple should have at least 1 item"),
    "an unknown step": (LEAST + '[channels.only]\nteleported = ["email"]', "channels.only.teleported"),
    "a carrier that is no id": (LEAST + '[carrier_names]\nSEUR = "Seur"', "carrier_names.SEUR"),
    "a secret": (LEAST + 'api_keys = ["x"]', "api_keys: Extra inputs are not permitted"),
    "no day of patience": (
        LEAST + "[promise]\nfirst_scan_business_days = 0",
        "promise.first_scan_business_days: Input should be greater than or equal to 1",
    ),
    "endless patience": (
        LEAST + "[promise]\nstalled_domestic_business_days = 365",
        "promise.stalled_domestic_business_days: Input should be less than or equal to 60",
    ),
    "half a day": (
        LEAST + "[promise]\nstalled_international_business_days = 2.5",
        "promise.stalled_international_business_days: Input should be a valid integer",
    ),
    "an hour that is none": (
        LEAST + '[promise]\ncut_off = "25:00"',
        "promise.cut_off: Input should be in a valid time",
    ),
    "a cut-off in another zone": (
        LEAST + '[promise]\ncut_off = "14:00Z"',
        "promise.cut_off: Value error, a local time such as 14:00:00, without a zone",
    ),
    "an unknown promise": (LEAST + "[promise]\nstalled_days = 3", "promise.stalled_days: Extra inputs"),
    "another id than its file": (LEAST + 'id = "other"', "id: remove it"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_shop_that_is_wrong_stops_the_start_and_names_file_and_key(case: str, tmp_path: Path) -> None:
    text, says = BROKEN[case]
    (tmp_path / "good.toml").write_text(LEAST, "utf-8")
    with pytest.raises(BrokenConfiguration) as refused:
        shop_from(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'faro.toml'}: {says}")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "faro.toml").write_bytes(LEAST.encode("latin-1"))
    with pytest.raises(BrokenConfiguration, match=r"faro\.toml: not TOML"):
        load_shops(tmp_path)


def test_a_file_whose_name_is_no_shop_id_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenConfiguration, match=r"Mi Tienda\.toml: id: String should match"):
        shop_from(tmp_path, LEAST, name="Mi Tienda")


def test_a_folder_without_shops_says_what_to_add(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BrokenConfiguration, match="no shop is configured; add"):
            load_shops(folder)


def test_shops_are_found_by_their_file_name(tmp_path: Path) -> None:
    for name in ("faro", "norte-2"):
        shop_from(tmp_path, LEAST, name)
    shops: Shops = load_shops(tmp_path)
    assert shops.ids == ("faro", "norte-2")
    assert [shop.id for shop in shops] == ["faro", "norte-2"]
    assert "faro" in shops
    assert shops.get("sur") is None
    with pytest.raises(KeyError):
        shops["sur"]


def test_a_step_that_goes_by_mail_alone_loses_the_groups_without_mail() -> None:
    channels = Channels(order=((WHATSAPP, EMAIL), (SMS,)), only={Step.PREPARING: (EMAIL,), Step.IN_TRANSIT: ()})
    assert channels.groups_for(Step.SHIPPED) == ((WHATSAPP, EMAIL), (SMS,))
    assert channels.groups_for(Step.PREPARING) == ((EMAIL,),)
    assert channels.groups_for(Step.IN_TRANSIT) == ()
