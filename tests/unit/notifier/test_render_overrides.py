"""A shop's own words are tried when they are read: what is refused is named with shop, key and reason; what is taken
renders, whatever happens to the order, within the bounds of its channel."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifier.render import SEGMENT_LIMIT
from services.notifier.wording.catalog import CatalogError
from services.notifier.wording.gsm7 import size
from services.notifier.wording.proofread import check_shop
from services.notifier.wording.specimens import bare, plain, rich, rich_with_shops_phone
from services.notifier.wording.variants import all_wordings, name_of
from services.notifier.wording.whatsapp_templates import BODY_LIMIT
from services.notifier.wording.words import FIELDS, pieces
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import FARO, LUCIA, RECEIVER, catalog, home_delivery, read, with_order

DEEP = "{{ " + "(" * 900 + "order" + ")" * 900 + " }}"


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        # No program.
        ("es.shipped.happened", "{{ order.__class__ }}", "only words and"),
        ("es.shipped.happened", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "only words and"),
        ("es.shipped.happened", "{{ order['__class__'] }}", "only words and"),
        ("es.shipped.happened", "{{ order|upper }}", "only words and"),
        ("es.shipped.happened", "{{ range(999999999) }}", "only words and"),
        ("es.shipped.happened", "{{ 7*7 }}", "only words and"),
        ("es.shipped.happened", "{{ 'x' * 999999999 }}", "only words and"),
        ("es.shipped.happened", "{{ order ~ order }}", "only words and"),
        ("es.shipped.happened", "{% for x in order %}{{ x }}{% endfor %}", "only words and"),
        ("es.shipped.happened", "{% include 'layouts/message.html' %}", "only words and"),
        ("es.shipped.happened", "{% raw %}{{ 1 }}{% endraw %}", "only words and"),
        ("es.shipped.happened", "{% set x = 1 %}", "only words and"),
        ("es.shipped.happened", "{# gone #}hola", "only words and"),
        ("es.shipped.happened", "{{{ order }}}", "only words and"),
        ("es.shipped.happened", "{{ {{ order }} }}", "only words and"),
        ("es.shipped.happened", "{{1}} y {{ order }}", "only words and"),
        ("es.shipped.happened", "{{ order", "only words and"),
        ("es.shipped.happened", DEEP, "only words and"),
        ("es.shipped.happened", "{{ self }}", "self }} is not known here"),
        # No gap that nothing fills.
        ("es.shipped.headline", "{{ secrets }}", "secrets }} is not known here"),
        ("es.phrases.days.one", "{{ order }}", "order }} is not known here"),
        ("es.when.until", "{{ day }} {{ begin }}", "begin }} is not known here"),
        ("es.email.button", "x", "no such language or text"),
        ("es.email.parcel.button", "{{ link }}", "link }} is not known here"),
        ("es.formats.day", "{{ day }}", "day }} is not known here"),
        # No more than fits.
        ("es.shipped.subject", "Va en camino. " * 20, "280 letters, 120 are allowed"),
        ("es.shipped.happened", "Va en camino. " * 100, "600 are allowed"),
        ("es.shipped.happened", "{{ order }} " * 50, "50 gaps, 12 are allowed"),
        ("es.shipped.sms", "va en camino, va en camino, " * 5 + ".", "septets, 306 are allowed"),
        ("es.phrases.yours.whole_short", "tu pedido " * 20, "120 are allowed"),
        ("es.shipped.happened", "", "not blank"),
        # No fact less.
        ("es.sms.parcel", "{{ shop }} {{ sms }} {{ sms_next }} {{ link }}", "the reference is missing in the SMS"),
        ("es.whatsapp.parcel", "Hola: {{ happened }} {{ next }} {{ link }}.", "is missing in the WhatsApp text"),
        # Nothing hidden, nothing that is not read.
        ("es.shipped.headline", "Va en ca\u200bmino", "cannot be seen"),
        ("es.shipped.headline", "\u202eonimac ne aV", "cannot be seen"),
        ("es.shipped.headline", "<b>Va en camino</b>", "HTML is not read here"),
        ("es.shipped.headline", "Va&nbsp;en camino", "HTML is not read here"),
        # Nowhere else.
        ("es.shipped.happened", "Va en camino: https://evil.example/pago", "https://evil.example/pago leads away"),
        ("es.shipped.happened", "Paga en bit.ly/x", "bit.ly/x leads away"),
        ("es.shipped.happened", "Paga en https://libreriafaro.example@evil.com/x", "leads away"),
        ("es.shipped.happened", "Paga en https://evil.com#@libreriafaro.example", "leads away"),
        ("es.shipped.happened", "Paga en https://evil.com\\.libreriafaro.example", "leads away"),
        ("es.shipped.happened", "Paga en libreriafaro.example.evil.com", "leads away"),
        ("es.shipped.happened", "Paga en {{ order }}.com", "xx.com leads away"),
        ("es.shipped.happened", "Paga en evil.{{ order }}", "evil.xx leads away"),
        ("es.shipped.happened", "Escribe a pagos@evil.com", "leads away"),
        ("es.shipped.happened", "javascript:alert(1)", "leads away"),
        # A day is told from another.
        ("es.formats.day", "EEEE", "different times alike"),
        ("es.formats.time", "H", "different times alike"),
        ("es.formats.day", "EEEE d MMMM 'en evil.com'", "plain date"),
        ("es.formats.day", "d.MMMM", "plain date"),
        ("es.formats.day", "EEEE d MMMM " * 9, "plain date"),
        ("es.formats.time", "d MMMM", "not a pattern for dates"),
    ],
)
def test_what_is_wrong_is_named_with_shop_key_and_reason(key: str, text: str, complaint: str) -> None:
    innocent = {"es.shipped.subject": "{{ Parcel }} ya viaja", "en.lost.headline": "We have lost it"} | {key: text}
    with pytest.raises(CatalogError) as refused:
        check_shop(catalog(), FARO.model_copy(update={"texts": innocent}))
    assert str(refused.value).startswith(f"shop faro: texts: {key}: ")
    assert complaint in str(refused.value)


def test_words_that_are_wrong_only_together_are_all_named() -> None:
    texts = {"es.shipped.happened": "x" * 580, "es.shipped.next": "y" * 580}
    with pytest.raises(CatalogError, match=r"texts: es\.shipped\.happened, es\.shipped\.next: .*1024"):
        check_shop(catalog(), FARO.model_copy(update={"texts": texts}))


def test_a_shop_may_name_its_own_pages_and_addresses() -> None:
    text = "Más en www.libreriafaro.example/ayuda, https://ayuda.libreriafaro.example o hola@libreriafaro.example."
    check_shop(catalog(), FARO.model_copy(update={"texts": {"es.shipped.happened": text}}))
    named = FARO.model_copy(update={"name": "Faro.com", "texts": {"es.shipped.headline": "¡Lo de Faro.com viaja!"}})
    check_shop(catalog(), named)


@pytest.mark.parametrize("tag", [language.tag for language in catalog().complete])
def test_the_languages_own_words_would_all_be_taken(tag: str) -> None:
    texts = {f"{tag}.{key}": text for key, text in catalog().languages[tag].texts.items()}
    check_shop(catalog(), FARO.model_copy(update={"texts": texts}))


KEYS = sorted(
    {f"es.{key}" for key in catalog().languages["es"].texts}
    | {f"es.{name_of(*wording)}.{field}" for wording in all_wordings() for field in FIELDS}
)
GAPS = sorted(
    {
        part.name
        for text in catalog().languages["es"].texts.values()
        for part in pieces(text)
        if not isinstance(part, str)
    }
)
FRAGMENT = st.one_of(
    st.sampled_from(
        ["va en camino", "Hola, ", ". ", "\n\n", "á", "–", "€", "EEEE d MMMM", "HH:mm", "short", "'", "MMM", "d/M"]
    ),
    st.sampled_from(GAPS).map("{{{{ {} }}}}".format),
    st.sampled_from(
        ["{{", "}}", "{%", "{{ x.y }}", "{{ evil }}", "evil.com", "https://", "<b>", "&amp;", "\u200b", "{", "*"]
    ),
    st.text(max_size=12),
)
OVERRIDE = st.builds(
    lambda parts, times: ("".join(parts) * times)[:2000],
    st.lists(FRAGMENT, min_size=1, max_size=5),
    st.sampled_from([1, 1, 1, 1, 2, 30]),
)
ORIGINAL = catalog().languages["es"].texts


@st.composite
def overrides(draw: st.DrawFn) -> dict[str, str]:
    """Made up from scratch, or the original with something before, behind or instead of a part of it."""
    texts = {}
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)):
        original, made_up = ORIGINAL.get(key.removeprefix("es.")), draw(OVERRIDE)
        if original is not None and draw(st.booleans()):
            cut = draw(st.integers(0, len(original)))
            made_up = original[:cut] + made_up + original[cut:]
        texts[key] = made_up[:2000]
    return texts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=overrides(), wordings=st.lists(st.sampled_from(list(all_wordings())), min_size=4, max_size=4))
def test_whatever_a_shop_writes_is_refused_or_every_message_renders(
    texts: dict[str, str], wordings: list[tuple[Step, str | None]]
) -> None:
    shop = FARO.model_copy(update={"texts": texts})
    try:
        check_shop(catalog(), shop)
    except CatalogError as refused:
        assert str(refused).startswith("shop faro: texts: ")
        assert any(key in str(refused) for key in texts)
        return
    touched = [
        wording for wording in all_wordings() if any(key.startswith(f"es.{name_of(*wording)}.") for key in texts)
    ]
    for wording in {*wordings, *touched}:
        for make in (rich, rich_with_shops_phone, plain, bare, home_delivery):
            for recipient in (LUCIA, RECEIVER):
                for delivered in (0, 1):
                    step = with_order(make(*wording), parcels_delivered=delivered)
                    email = read(step, shop=shop, recipient=recipient)
                    assert len((email.html or "").encode()) < 102 * 1024
                    assert len(email.subject or "") <= 250
                    assert size(read(step, Channel.SMS, shop=shop, recipient=recipient).text).segments <= SEGMENT_LIMIT
                    assert len(read(step, Channel.WHATSAPP, shop=shop, recipient=recipient).text) <= BODY_LIMIT
