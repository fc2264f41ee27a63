"""Every text is tried before the first buyer reads one: a mistake in a language file stops the start, not a message."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

from services.notifier.wording.catalog import Catalog, CatalogError, read_catalog
from services.notifier.wording.cells import missing_cells
from services.notifier.wording.gsm7 import foreign_to_gsm7
from services.notifier.wording.overrides import check_overrides
from services.notifier.wording.specimens import specimen_shop
from services.notifier.wording.trial import Trial
from services.notifier.wording.unrenderable import BadWording
from services.notifier.wording.variants import all_wordings, name_of
from services.notifier.wording.words import FIELDS, Language, pieces
from shared.contracts.vocabulary import Step
from shared.shops import Shop

_STEPS = frozenset(step.value for step in Step)
_STEP_KEYS = frozenset(f"{name_of(*wording)}.{field}" for wording in all_wordings() for field in FIELDS)
_PLURALS = (".zero", ".one", ".two", ".few", ".many")
_FOR_SMS = (".sms", ".sms_next", "_short")


def load_catalog(folder: Path, shops: Iterable[Shop]) -> Catalog:
    """Read and check all languages, and all shops' own words. Raises CatalogError naming the file and the key."""
    catalog = read_catalog(folder)
    check_catalog(catalog)
    for shop in shops:
        check_shop(catalog, shop)
    return catalog


def load_complete(folder: Path) -> Catalog:
    """Read all languages and see that nothing is missing, without trying each text: for who sends nothing.

    Raises CatalogError naming the file and the key.
    """
    catalog = read_catalog(folder)
    _check_cells(catalog)
    return catalog


def check_catalog(catalog: Catalog) -> None:
    """Every cell of every language: it is there, and what is written from it can be sent. Raises CatalogError."""
    _check_cells(catalog)
    laid_out: set[Hashable] = set()
    for language in catalog.languages.values():
        trial = Trial(catalog, language.tag, specimen_shop(language.tag), laid_out)
        for step, variant in all_wordings():
            try:
                trial.check(step, variant)
            except CatalogError as error:
                raise CatalogError(f"{language.tag}.toml: {error}") from error


def _check_cells(catalog: Catalog) -> None:
    if not catalog.complete:
        raise CatalogError("messages: no language is complete; one file must do without language.base")
    for language in catalog.languages.values():
        _check_keys(catalog, language)
        _check_texts(f"{language.tag}.toml", language.texts.items())


def _check_keys(catalog: Catalog, language: Language) -> None:
    """All complete languages say the same things, all of them; a dialect says nothing that its base does not say."""
    said_by_all = {key for other in catalog.complete for key in other.texts if not key.endswith(_PLURALS)}
    own = {key for key in language.texts if not key.endswith(_PLURALS)}
    for key in sorted(own):
        if key.split(".")[0] in _STEPS and key not in _STEP_KEYS:
            raise CatalogError(f"{language.tag}.toml: {key}: no such step, variant or field")
    if language.base is not None:
        unknown = sorted(own - said_by_all)
        if unknown:
            raise CatalogError(f"{language.tag}.toml: {unknown[0]}: no such text in {language.base}.toml")
        return
    try:
        missing = (*missing_cells(language.tag, language.texts), *sorted(said_by_all - own))
    except ValueError as error:
        raise CatalogError(f"{language.tag}.toml: {error}") from error
    if missing:
        raise CatalogError(f"{language.tag}.toml: {missing[0]} is missing")


def _check_texts(file: str, texts: Iterable[tuple[str, str]]) -> None:
    """Words and gaps only, and nothing in a short text that would make an SMS cost double."""
    for key, source in texts:
        try:
            words = "".join(piece for piece in pieces(source) if isinstance(piece, str))
        except BadWording as error:
            raise CatalogError(f"{file}: {key}: {error}") from error
        foreign = foreign_to_gsm7(words) if _is_for_sms(key) else ()
        if foreign:
            raise CatalogError(f"{file}: {key}: {' '.join(foreign)} is not in the SMS alphabet; say it otherwise")


def _is_for_sms(key: str) -> bool:
    return key.startswith(("sms.", "arrival_short.")) or key.endswith(_FOR_SMS) or key == "aftercare.short"


def check_shop(catalog: Catalog, shop: Shop) -> None:
    """Its language is spoken here, and its own words fit wherever they will stand. Raises CatalogError otherwise."""
    file = f"shop {shop.id}: texts"
    catalog.speech(shop.language, shop)
    changed = set()
    for key in shop.texts:
        tag, _, text = key.partition(".")
        language = catalog.languages.get(tag)
        base = catalog.languages.get(language.base) if language is not None and language.base else language
        if language is None or base is None or (text not in base.texts and text not in _STEP_KEYS):
            raise CatalogError(f"{file}: {key}: no such language or text")
        changed.add(tag)
    check_overrides(catalog, shop)
    _check_texts(file, shop.texts.items())
    for language in catalog.languages.values():
        if {language.tag, language.base} & changed:
            _check_shops_wordings(catalog, language.tag, shop)


def _check_shops_wordings(catalog: Catalog, tag: str, shop: Shop) -> None:
    """A step's own words stand in that step alone; any other text may stand in all of them."""
    changed = {key.split(".")[1] for key in shop.texts}
    everywhere, trial = not changed <= _STEPS, Trial(catalog, tag, shop)
    for step, variant in all_wordings():
        if not everywhere and step not in changed:
            continue
        try:
            trial.check(step, variant)
        except CatalogError as error:
            keys = _guilty(catalog, tag, shop, step, variant)
            raise CatalogError(f"shop {shop.id}: texts: {', '.join(keys)}: {error}") from error


def _guilty(catalog: Catalog, tag: str, shop: Shop, step: Step, variant: str | None) -> tuple[str, ...]:
    """The one text that is wrong by itself; else all of them, which are wrong together."""
    for key, text in shop.texts.items():
        try:
            Trial(catalog, tag, shop.model_copy(update={"texts": {key: text}})).check(step, variant)
        except CatalogError:
            return (key,)
    return tuple(shop.texts)
