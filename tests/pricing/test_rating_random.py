"""Any price the schema can express rates as plain fractions do, by rules written down a second time."""

# The ledger holds naive UTC times.
# ruff: noqa: DTZ001

import json
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fewer import FEWEST

TOKENS = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_text_tokens",
    "reasoning": "reasoning_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
    "cache_read_audio": "cache_read_audio_tokens",
    "input_image": "input_image_tokens",
    "output_image": "output_image_tokens",
    "citation": "citation_tokens",
}
PROMPT = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "cache_read_audio", "input_image")
INSTEAD = {
    "cache_read": ["input"],
    "cache_write_5m": ["input"],
    "cache_write_1h": ["cache_write_5m", "input"],
    "reasoning": ["output"],
    "input_audio": ["input"],
    "output_audio": ["output"],
    "cache_read_audio": ["cache_read", "input_audio", "input"],
    "input_image": ["input"],
    "output_image": ["output"],
}
COMPONENTS = {
    "input_cost": ["input", "citation"],
    "cache_read_cost": ["cache_read"],
    "cache_write_cost": ["cache_write_5m", "cache_write_1h"],
    "output_cost": ["output"],
    "reasoning_cost": ["reasoning"],
    "audio_cost": ["input_audio", "output_audio", "cache_read_audio"],
    "image_cost": ["input_image", "output_image"],
}
FEES = {
    "request": (None, 1000),
    "web_search": ("web_searches", 1000),
    "rerank_search": ("rerank_searches", 1000),
    "image": ("images", 1000),
    "page": ("pages", 1000),
    "character": ("characters", 1_000_000),
    "audio_hour": ("audio_seconds", 3600),
    "file_search": ("file_searches", 1000),
    "map_search": ("map_searches", 1000),
    "code_session": ("code_sessions", 1),
    "video_second": ("video_seconds", 1),
}
MOST_TELLING = ["processing", "service_tier", "speed", "inference_region", "operation", "unit_size", "clock"]
MONDAY = datetime(2026, 3, 2)

price = st.integers(0, 10**8).map(lambda one: str(Decimal(one).scaleb(-6)))
used = st.sets(st.sampled_from(sorted(TOKENS)), min_size=1, max_size=6)


def rates(units):
    return st.fixed_dictionaries(dict.fromkeys(sorted(units), price))


def tiers(units):
    bounds = st.lists(st.tuples(st.sampled_from(["above", "at_least"]), st.integers(1, 2000)), max_size=2)

    def built(pairs):
        # Bounds at least two apart begin at different tokens, however they are meant.
        kept = []
        for kind, bound in sorted(pairs, key=lambda pair: pair[1]):
            if not kept or bound > kept[-1][1] + 1:
                kept.append((kind, bound))
        return st.tuples(*(rates(units).map(lambda one, at=at: {at[0]: at[1], "rates": one}) for at in kept)).map(list)

    return bounds.flatmap(built)


fees = st.dictionaries(st.sampled_from(sorted(FEES)), price, max_size=4)
CLOCK = {"days": ["mon", "tue"], "between": ["01:00-04:00"]}
WHENS = [
    {"processing": "batch"},
    {"service_tier": ["priority", "fast"]},
    {"unit_size": "low"},
    {"clock": CLOCK},
    {"processing": "batch", "unit_size": "low"},
    {"service_tier": "priority", "clock": CLOCK},
]


@st.composite
def entries(draw):
    """A model's price, of which at least one unit costs something."""
    units = draw(used)
    variants = []
    for when in draw(st.lists(st.sampled_from(WHENS), unique_by=json.dumps, max_size=3)):
        stated = draw(fees)
        if stated and draw(st.booleans()):
            variants.append({"when": when, "fees": stated})
        else:
            variants.append({"when": when, "rates": draw(rates(units)), "tiers": draw(tiers(units)), "fees": stated})
    factors = st.sampled_from(["1.1", "0.333", "2", "1.37"])
    return {
        "rates": {**draw(rates(units)), min(units): "1.5"},
        "tiers": draw(tiers(units)),
        "variants": variants,
        "multipliers": draw(
            st.lists(
                st.sampled_from([{"inference_region": "us"}, {"speed": "fast"}]).flatmap(
                    lambda when: factors.map(lambda factor: {"when": when, "factor": factor})
                ),
                unique_by=lambda one: json.dumps(one["when"]),
                max_size=2,
            )
        ),
        "fees": draw(fees),
        "minimums": draw(
            st.dictionaries(
                st.sampled_from(["audio_seconds", "video_seconds", "characters", "pages"]),
                st.integers(1, 30),
                max_size=2,
            )
        ),
    }


contracts = st.none() | st.fixed_dictionaries(
    {
        "discount_pct": st.sampled_from(["12", "12.5", "33.3333", "100"]),
        "applies_to": st.sampled_from([["tokens"], ["fees"], ["tokens", "fees"]]),
    }
)
count = st.one_of(st.none(), st.integers(0, 300), st.integers(0, 10**7))
seconds = st.one_of(st.none(), st.decimals(0, 10**4, places=6))
calls = st.fixed_dictionaries(
    {
        **dict.fromkeys(TOKENS.values(), count),
        **{
            name: seconds if name.endswith("_seconds") else st.one_of(st.none(), st.integers(0, 50))
            for name, _ in FEES.values()
            if name is not None
        },
        "processing": st.sampled_from([None, "batch", "standard"]),
        "service_tier": st.sampled_from([None, "priority", "fast", "default"]),
        "speed": st.sampled_from([None, "fast"]),
        "inference_region": st.sampled_from([None, "us", "global"]),
        "unit_size": st.sampled_from([None, "low", "LOW", "high"]),
        "started_at": st.integers(0, 7 * 24 * 60 - 1).map(lambda minute: MONDAY + timedelta(minutes=minute)),
    }
)


def asked(row, key):
    value = (row[key] or "").lower()
    return None if value in {"", "standard", "default", "global"} else value


def holds(when, row):
    for key, wanted in when.items():
        if key == "clock":
            if row["started_at"].weekday() > 1 or not 1 <= row["started_at"].hour < 4:
                return False
        elif asked(row, key) not in ([wanted] if isinstance(wanted, str) else wanted):
            return False
    return True


def specific(variant):
    when = variant["when"]
    return len(when), [key in when for key in MOST_TELLING]


def half_even(amount):
    return round(amount * 10**12)


def holding_variants(entry, row):
    """Those that hold, the most specific first, and where the rates are."""
    holding = sorted((one for one in entry["variants"] if holds(one["when"], row)), key=specific, reverse=True)
    return holding, next((one for one in holding if "rates" in one), entry)


def unknown(entry, row):
    """Whether something was used, and nothing of it has a price, nor the call itself."""
    holding, rated = holding_variants(entry, row)
    charged = {unit: one["fees"][unit] for one in (entry, *reversed(holding)) for unit in one["fees"]}
    if Decimal(charged.get("request", "0")):
        return False
    has_price = [
        any(other in rated["rates"] for other in (unit, *INSTEAD.get(unit, ()))) or unit == "citation"
        for unit, name in TOKENS.items()
        if row[name]
    ]
    has_price += [unit in charged for unit, (name, _) in FEES.items() if name is not None and row[name]]
    return bool(has_price) and not any(has_price)


def expected(entry, contract, row):
    """Components in 1e-12ths."""
    holding, rated = holding_variants(entry, row)
    prompt = sum(row[TOKENS[unit]] or 0 for unit in PROMPT)
    chosen = rated["rates"]
    for tier in rated["tiers"]:
        if prompt > tier.get("above", 10**12) or prompt >= tier.get("at_least", 10**12):
            chosen = tier["rates"]
    left = {part: Fraction(1) for part in ("tokens", "fees")}
    for part in contract["applies_to"] if contract else ():
        left[part] -= Fraction(contract["discount_pct"]) / 100
    factor = left["tokens"]
    for one in entry["multipliers"]:
        if holds(one["when"], row):
            factor *= Fraction(one["factor"])
    amounts = {}
    for name, units in COMPONENTS.items():
        exact = Fraction(0)
        for unit in units:
            own = next((other for other in (unit, *INSTEAD.get(unit, ())) if other in chosen), None)
            if own is not None:
                exact += (row[TOKENS[unit]] or 0) * Fraction(chosen[own]) / 10**6 * factor
        amounts[name] = half_even(exact)
    exact = Fraction(0)
    for unit, (name, per) in FEES.items():
        stated = next((one["fees"][unit] for one in holding if unit in one["fees"]), entry["fees"].get(unit, "0"))
        quantity = Fraction(1) if name is None else Fraction(row[name] or 0)
        if quantity and name in entry["minimums"]:
            quantity = max(quantity, Fraction(entry["minimums"][name]))
        # A discounted price has 12 places like any other; an hour is divided only after that.
        published = 1 if unit == "audio_hour" else per
        each = Fraction(half_even(Fraction(stated) / published * left["fees"]), 10**12)
        exact += quantity * each / (per if unit == "audio_hour" else 1)
    amounts["unit_cost"] = half_even(exact)
    return amounts


def _rates_as_fractions_do(price_list, rate_all, entry, contract, rows):
    agreed = [] if contract is None else [{"provider": "openai", **contract}]
    text = json.dumps({"models": [{"id": "openai/any", "prices": [entry]}], "contracts": agreed})
    # JSON is YAML; the fixture writes the first lines of the file.
    body = "\n".join(f"{key}: {json.dumps(value)}" for key, value in json.loads(text).items())
    prices = price_list(body + "\n")
    for row, found in zip(
        rows, rate_all(prices, [{"provider": "openai", "request_model": "any", **row} for row in rows]), strict=True
    ):
        if all(row[name] is None for name in (*TOKENS.values(), *(name for name, _ in FEES.values() if name))):
            assert found["cost_reason"] == "usage unknown"
            continue
        if unknown(entry, row):
            assert (found["cost"], found["cost_status"]) == (None, "unpriced")
            continue
        amounts = expected(entry, contract, row)
        if sum(amounts.values()) >= 10**18:
            assert found["cost_reason"] == "overflow"
            continue
        assert {name: found[name] for name in amounts} == {
            name: Decimal(amount).scaleb(-12) for name, amount in amounts.items()
        }
        assert found["cost"] == Decimal(sum(amounts.values())).scaleb(-12)
        assert found["cost_status"] in {"priced", "estimated"}


@FEWEST
@given(entry=entries(), contract=contracts, rows=st.lists(calls, min_size=1, max_size=8))
def test_a_random_price_rates_as_fractions_do(price_list, rate_all, entry, contract, rows):
    _rates_as_fractions_do(price_list, rate_all, entry, contract, rows)


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(entry=entries(), contract=contracts, rows=st.lists(calls, min_size=1, max_size=8))
def test_a_random_price_rates_as_fractions_do_many_times(price_list, rate_all, entry, contract, rows):
    _rates_as_fractions_do(price_list, rate_all, entry, contract, rows)
