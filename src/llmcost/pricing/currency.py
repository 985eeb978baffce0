"""The currency a command reports in, and the rates that takes."""

import re
from dataclasses import dataclass

from llmcost.config.settings import Settings
from llmcost.domain.errors import UsageError
from llmcost.domain.fx import BASE, Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """A currency and its rates."""

    code: str
    rates: Rates
    """None at all for the price list's own currency."""


def chosen_currency(asked: str | None, settings: Settings) -> Currency:
    """The currency of `--currency`, else of `currency:`; UsageError for one that has no rates.

    Rates are those under `fx:` in llmcost.yaml, else those of the price files.
    """
    code = (asked or settings.currency).upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise UsageError(f"{asked!r} is not a currency code", hint="use one such as USD or EUR")
    if code == BASE:
        return Currency(code=code, rates=())
    rates = settings.fx.get(code) or _rates_of_prices(code, settings)
    if not rates:
        raise UsageError(
            f"no rate from {BASE} to {code}",
            hint=f'add dated rates to llmcost.yaml: `fx: {{{code}: {{2026-11: "0.92"}}}}`',
        )
    return Currency(code=code, rates=rates)


def _rates_of_prices(code: str, settings: Settings) -> Rates:
    from llmcost.pricing.price_list import load_price_list

    return load_price_list(settings.pricing).fx.get(code, ())
