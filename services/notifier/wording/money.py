"""Amounts as people read them. Wire amounts are ISO 4217 minor units, whose size is not always a hundredth."""

from __future__ import annotations

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision

from shared.contracts.orders import Money

# ISO 4217 list one: the currencies whose minor unit is not 1/100.
_MINOR_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

# CLDR puts a space between a currency of letters and the number (`EUR 10` in Mexico); Babel leaves it out.
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def format_money(money: Money, locale: Locale) -> str:
    """`4990 EUR` in Spanish is `49,90 €`. Where CLDR would round to whole units, the minor units are kept."""
    digits = _MINOR_DIGITS.get(money.currency, 2)
    amount = Decimal(money.amount).scaleb(-digits)
    usual = get_currency_precision(money.currency) == digits
    text = format_currency(amount, money.currency, locale=locale, currency_digits=usual, decimal_quantization=usual)
    return _LETTER_BESIDE_DIGIT.sub("\u00a0", str(text))
