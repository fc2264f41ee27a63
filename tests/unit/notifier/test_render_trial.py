"""What the proofreader works out once for many wordings is what each of them says when it is written by itself."""

from __future__ import annotations

import shutil
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path

import pytest

from services.notifier.render import render
from services.notifier.wording.catalog import MESSAGES, CatalogError
from services.notifier.wording.fillings import fillings, what_fills
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.situation import RecipientView, Situation
from services.notifier.wording.specimens import specimen_shop
from services.notifier.wording.trial import Specimen, specimens_of
from services.notifier.wording.variants import all_wordings
from shared.contracts.vocabulary import Channel
from tests.support.steps_reached import catalog

LANGUAGES = sorted(catalog().languages)


def specimens() -> Iterator[Specimen]:
    for wording in all_wordings():
        yield from specimens_of(*wording)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_steps_that_are_said_to_fill_the_gaps_alike_do_so_in_every_channel(tag: str) -> None:
    shop, known = specimen_shop(tag), dict[Hashable, Mapping[str, str]]()
    speech = catalog().speech(tag, shop)
    tried = [(specimen, channel) for specimen in specimens() for channel in (Channel.SMS, Channel.WHATSAPP)]
    for specimen, channel in tried:
        situation = Situation(specimen.step, shop, specimen.recipient, channel, speech)
        values = fillings(situation)
        assert known.setdefault(what_fills(situation), values) == values
    assert 10 < len(known) < len(tried) / 10


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_email_can_be_laid_out_by_itself(tag: str) -> None:
    """Also those that the proofreader does not lay out, as it has seen an e-mail of the same form."""
    shop, emails = specimen_shop(tag), [one for one in specimens() if Channel.EMAIL in one.channels]
    assert len(emails) > len(list(all_wordings()))
    for specimen in emails:
        view = RecipientView(specimen.recipient.name, specimen.recipient.role, tag)
        assert render(catalog(), specimen.step, shop, view, Channel.EMAIL).language == tag


@pytest.mark.parametrize("file", ["message.html", "message.txt"])
@pytest.mark.parametrize("part", ["mail.note", "mail.items", "mail.policies", "mail.progress"])
def test_a_layout_that_fails_a_single_form_of_an_email_stops_the_start(tmp_path: Path, file: str, part: str) -> None:
    folder = Path(shutil.copytree(MESSAGES, tmp_path / "messages"))
    layout = folder / "layouts" / file
    before, _, after = layout.read_text("utf-8").partition("{{ mail.next }}")
    assert after
    layout.write_text(f"{before}{{% if not {part} %}}{{{{ mail.next }}}}{{% endif %}}{after}", "utf-8")

    with pytest.raises(CatalogError, match="the next is missing in the"):
        load_catalog(folder, ())
