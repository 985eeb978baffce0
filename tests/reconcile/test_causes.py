"""Each cause, in a bill worked out apart from llmcost; and what is not a cause stays unexplained."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from tests.reconcile.company import (
    FIRST,
    MILLION,
    PRICES,
    company,
    luck,
    plant,
    with_searches,
    write_cost_report,
    write_openai_costs,
)

from llmcost.domain.errors import DataError
from llmcost.domain.period import Period
from llmcost.reconcile.mapping import read_map

CENT = Decimal("0.01")
SPAN = {"first": FIRST + timedelta(days=1), "days": 8}


def exact(calls):
    """The charges of a bill without any cause."""
    return plant(calls, set(), luck(0), **SPAN).charges


def claude(seed=51, calls=150):
    return [call for call in company(seed, calls=calls) if call.provider == "anthropic"]


def gpt(seed=52, calls=150):
    return [call for call in company(seed, calls=calls) if call.provider == "openai"]


def told(result):
    return [(cause.cause, cause.detail, cause.amount) for cause in result.causes]


def in_cents(charges, discount=1):
    """Lines of the console's export: day, name, token type, amount rounded to the cent."""
    names = {"claude-haiku-4-5": "Claude Haiku 4.5", "claude-opus-4-5": "Claude Opus 4.5"}
    words = {"input": "input_no_cache", "cache_read": "input_cache_read", "output": "output"}
    return [
        (day, names[model], words.get(kind, f"input_{kind}"), (cost * discount).quantize(CENT, ROUND_HALF_UP))
        for (day, model, kind), cost in charges.items()
    ]


def write_console_csv(path, lines):
    header = "usage_date_utc,model,workspace,token_type,cost_usd\n"
    path.write_text(header + "".join(f"{day},{model},Default,{kind},{cost}\n" for day, model, kind, cost in lines))
    return path


def moved(charges, change):
    """Charges after `change(day, model, class, amount)`, and by how much they grew."""
    after = {key: change(*key, amount) for key, amount in charges.items()}
    return after, sum(after.values(), Decimal(0)) - sum(charges.values(), Decimal(0))


@pytest.mark.slow
def test_a_discount_is_a_factor_on_tokens_and_not_on_fees(reconciled, tmp_path):
    calls = with_searches(claude(), luck(1))
    bill, amount = moved(
        exact(calls), lambda _, __, kind, cost: cost if kind == "web_search" else cost * Decimal("0.88")
    )

    result = reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))

    assert told(result) == [("price-factor", "billed at 0.88 times the price computed (12% less)", amount)]
    assert result.unexplained == 0


def test_a_price_of_one_class_that_changed_is_a_factor_too(reconciled, tmp_path):
    calls = gpt()
    bill, amount = moved(exact(calls), lambda _, __, kind, cost: cost * Decimal("1.25") if kind == "output" else cost)

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))

    assert told(result) == [("price-factor", "billed at 1.25 times the price computed (25% more)", amount)]
    assert result.causes[0].rows == SPAN["days"]


@pytest.mark.slow
def test_a_tenth_more_on_tokens_is_a_region(reconciled, tmp_path):
    calls = claude()
    bill, amount = moved(exact(calls), lambda _, __, ___, cost: cost * Decimal("1.1"))

    assert told(reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))) == [
        ("region", "billed at 1.1 times the price computed, as for data residency", amount)
    ]


def test_cached_input_billed_as_uncached(reconciled, tmp_path):
    calls = gpt()
    bill = defaultdict(Decimal, exact(calls))
    for day, model, kind in list(bill):
        if kind == "cache_read":
            bill[day, model, "input"] += bill.pop((day, model, kind)) * 10
    amount = sum(bill.values()) - sum(exact(calls).values())

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))

    assert told(result) == [("cache", "cached input billed as uncached", amount)]
    assert result.unexplained_rows == 0


def test_hour_long_writes_billed_at_the_short_price(reconciled, tmp_path):
    calls = [replace(call, batch=False) for call in claude(calls=300)]
    # 1.25 / 2 and 6.25 / 10 are the same.
    bill, amount = moved(
        exact(calls), lambda _, __, kind, cost: cost * Decimal("0.625") if kind == "cache_write_1h" else cost
    )

    assert told(reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))) == [
        ("cache", "1-hour cache writes billed at the 5-minute price", amount)
    ]


def test_a_bill_at_the_batch_price_is_a_tier(reconciled, tmp_path):
    calls = [replace(call, batch=False) for call in claude()]
    bill, amount = moved(exact(calls), lambda _, __, ___, cost: cost / 2)

    assert told(reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))) == [
        ("tier", "standard calls billed at the batch price", amount)
    ]


def test_a_tier_is_found_for_every_provider(reconciled, tmp_path):
    calls = gpt()
    bill, amount = moved(exact(calls), lambda _, __, ___, cost: cost / 2)

    assert told(reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))) == [
        ("tier", "standard calls billed at the batch price", amount)
    ]


@pytest.mark.parametrize("discount", [Decimal(1), Decimal("0.8")])
@pytest.mark.slow
def test_cents_a_line_are_rounding(reconciled, tmp_path, discount):
    calls = claude(calls=400)
    lines = in_cents(exact(calls), discount)
    path = write_console_csv(tmp_path / "claude_api_cost.csv", lines)
    whole = sum(exact(calls).values(), Decimal(0))

    result = reconciled(calls, path)

    assert result.unexplained_rows == 0
    assert {cause.cause for cause in result.causes} == {"rounding"} | ({"price-factor"} if discount != 1 else set())
    assert result.difference == sum((cost for *_, cost in lines), Decimal(0)) - whole
    if discount != 1:
        assert result.causes[0].detail == "billed at 0.8 times the price computed (20% less)"


def test_a_bill_in_cents_is_rounded_beside_one_with_every_digit(reconciled, tmp_path):
    """Each agrees with its own calls, and neither's digits say anything of the other."""
    calls = claude(calls=400) + gpt()
    charges = exact(calls)
    lines = in_cents({key: cost for key, cost in charges.items() if key[1].startswith("claude")})
    cents = write_console_csv(tmp_path / "claude_api_cost.csv", lines)
    digits = write_openai_costs(tmp_path / "bill.json", charges)

    result = reconciled(calls, cents, digits)

    assert result.unexplained_rows == 0
    assert {cause.cause for cause in result.causes} == {"rounding"}
    assert result.difference == sum((cost for *_, cost in lines), Decimal(0)) - sum(
        (cost for (_, model, _), cost in charges.items() if model.startswith("claude")), Decimal(0)
    )
    # The bill with every digit is held to them.
    assert {row.key.provider for row in result.rows if row.difference} == {"anthropic"}


@pytest.mark.slow
def test_a_line_without_a_provider_is_compared_with_everybodys_requests(reconciled, tmp_path):
    calls = claude() + gpt()
    bill = tmp_path / "bill.csv"
    bill.write_text(f"date,amount,prov\n{SPAN['first']},0.50,\n{SPAN['first']},0.10,openai\n", "utf-8")
    mapping = tmp_path / "map.yaml"
    mapping.write_text("columns: {date: date, amount: amount, provider: prov}\n", "utf-8")
    day = [call for call in calls if call.at.date() == SPAN["first"]]

    result = reconciled(calls, bill, invoice_map=read_map(mapping))

    assert (result.providers, result.requests) == ((), len(day))


@pytest.mark.slow
def test_rounding_can_be_ruled_out(reconciled, tmp_path):
    calls = gpt()
    bill, _ = moved(exact(calls), lambda _, __, ___, cost: cost.quantize(CENT))
    path = write_openai_costs(tmp_path / "bill.json", bill)

    assert [cause.cause for cause in reconciled(calls, path).causes] == ["rounding"]
    ruled_out = reconciled(calls, path, rounding="none")
    assert ruled_out.causes == ()
    assert ruled_out.unexplained_rows > 0


@pytest.mark.slow
def test_another_keys_calls_are_not_on_the_bill(reconciled, tmp_path):
    calls = [replace(call, key=f"key-{number % 3}") for number, call in enumerate(gpt())]
    bill = exact([call for call in calls if call.key != "key-1"])
    amount = sum(bill.values()) - sum(exact(calls).values())

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))

    assert told(result) == [("not-billed", "calls of API key key-1 are not on this bill", amount)]


@pytest.mark.slow
def test_lost_calls_show_in_the_quantities(reconciled, tmp_path):
    calls = gpt(calls=300)
    logged = [call for number, call in enumerate(calls) if number % 4]
    bill = exact(calls)
    tokens = {key: int(cost * MILLION / _rate(*key[1:])) for key, cost in bill.items()}
    amount = sum(bill.values()) - sum(exact(logged).values())

    with_quantities = reconciled(logged, write_openai_costs(tmp_path / "bill.json", bill, tokens))
    without = reconciled(logged, write_openai_costs(tmp_path / "bill.json", bill))

    assert told(with_quantities) == [("missing-traffic", "more billed than logged, at the price computed", amount)]
    assert without.causes == ()
    assert without.unexplained == amount


def _rate(model, kind):
    return PRICES[model][("input", "cache_read", "cache_write_5m", "cache_write_1h", "output").index(kind)]


def test_a_model_nobody_bills_was_not_billed(reconciled, tmp_path):
    calls = claude()
    bill = {key: cost for key, cost in exact(calls).items() if key[1] != "claude-opus-4-5"}
    amount = sum(bill.values()) - sum(exact(calls).values())

    assert told(reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))) == [
        ("not-billed", "logged, and nothing billed for the model or the day", amount)
    ]


def test_a_model_without_a_price_is_named(reconciled, tmp_path):
    calls = gpt()
    day = FIRST + timedelta(days=2)
    odd = [replace(call, model="gpt-99-preview", name=f"{call.name}x") for call in calls if call.day() == day]
    bill = {**exact(calls), (day, "gpt-99-preview", "input"): Decimal("7.25")}

    result = reconciled([*calls, *odd], write_openai_costs(tmp_path / "bill.json", bill))

    assert told(result) == [("unpriced", "the price list has no price for the model", Decimal("7.25"))]
    assert result.unpriced_requests == len(odd)


def test_a_model_nobody_logged_is_missing_traffic(reconciled, tmp_path):
    calls = gpt()
    day = FIRST + timedelta(days=2)
    bill = {**exact(calls), (day, "gpt-5.4", "input"): Decimal("7.25")}

    assert told(reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))) == [
        ("missing-traffic", "billed, and no request of the model logged in that time", Decimal("7.25"))
    ]


def test_a_stray_amount_has_no_cause(reconciled, tmp_path):
    calls = gpt()
    bill = exact(calls)
    odd = next(key for key in bill if key[2] == "output")
    bill[odd] += Decimal("0.1234")

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill), tolerance="0.10")

    assert result.causes == ()
    assert (result.rows[0].key.since, result.rows[0].unexplained) == (odd[0], Decimal("0.1234"))
    assert not result.within_tolerance


def test_rests_of_different_signs_do_not_hide_each_other(reconciled, tmp_path):
    calls = gpt()
    bill = exact(calls)
    first, second = [key for key in bill if key[2] == "output"][:2]
    bill[first] += 1
    bill[second] -= Decimal("0.001")
    bill[second] -= Decimal("0.002")

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill), tolerance="1.00")

    assert result.unexplained == Decimal("0.997")
    assert result.unexplained_rows == Decimal("1.003")
    assert not result.within_tolerance


def test_the_period_is_what_both_cover(reconciled, tmp_path):
    calls = gpt()
    bill = {**exact(calls), (date(2026, 8, 1), "gpt-5-mini", "input"): Decimal(5)}

    result = reconciled(calls, write_openai_costs(tmp_path / "bill.json", bill))

    assert (result.since, result.until) == (FIRST, FIRST + timedelta(days=9))
    assert result.outside is not None
    assert (result.outside.billed, result.outside.first) == (5, date(2026, 8, 1))
    assert result.billed == sum(exact(calls).values())


def test_a_period_can_be_asked_for(reconciled, tmp_path):
    calls = gpt()
    day = FIRST + timedelta(days=3)
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)

    result = reconciled(
        calls,
        write_openai_costs(tmp_path / "bill.json", exact(calls)),
        period=Period(since=since, until=since + timedelta(days=2)),
    )

    assert (result.since, result.until) == (day, day + timedelta(days=2))
    assert result.difference == 0
    assert result.billed == sum(
        cost for (on, _, _), cost in exact(calls).items() if on in {day, day + timedelta(days=1)}
    )


def test_other_currencies_are_left_out_and_listed(reconciled, tmp_path):
    calls = gpt()
    path = write_openai_costs(tmp_path / "bill.json", exact(calls))
    document = json.loads(path.read_text())
    document["data"][0]["results"][0]["amount"]["currency"] = "eur"
    path.write_text(json.dumps(document))

    result = reconciled(calls, path)

    assert [one.reason for one in result.unused] == ["charged in EUR, while the ledger is in USD"]
    assert result.unused[0].place.endswith("data[0].results[0]")


def test_a_bill_of_another_time_cannot_be_compared(reconciled, tmp_path):
    bill = {(date(2025, 1, 1), "gpt-5-mini", "input"): Decimal(5)}

    with pytest.raises(
        DataError, match=r"2025-01-01 to 2025-01-01, and the requests of the ledger have no day in common"
    ):
        reconciled(gpt(calls=20), write_openai_costs(tmp_path / "bill.json", bill))


def test_capacity_is_no_missing_traffic_and_keeps_apart_from_what_is_called(reconciled, tmp_path):
    """A month of it, and an hour of it on a day of a discount: neither hides the factor of what is called."""
    calls = gpt()
    bill, amount = moved(exact(calls), lambda _, __, ___, cost: cost * Decimal("0.9"))
    words = {"input": "input tokens", "cache_read": "cached input tokens", "output": "output tokens"}
    lines = [
        f"{day},{day + timedelta(days=1)},{model},{words[kind]},{cost:f}"
        for (day, model, kind), cost in bill.items()
        if cost
    ]
    first, last = min(day for day, _, _ in bill), max(day for day, _, _ in bill)
    lines.append(f"{first},{last + timedelta(days=1)},gpt-5,Provisioned Managed Regional Unit,744")
    lines.append(f"{first},{first + timedelta(days=1)},,PTU hours,24.5")
    path = tmp_path / "bill.csv"
    path.write_text("day,end,model,kind,cost\n" + "\n".join(lines) + "\n")
    (tmp_path / "map.yaml").write_text(
        "columns: {date: day, until: end, model: model, token_class: kind, amount: cost}\nprovider: openai\n"
    )

    result = reconciled(calls, path, invoice_map=read_map(tmp_path / "map.yaml"))

    assert sorted(told(result)) == [
        ("capacity", "charged for capacity, in no request's cost", Decimal("768.5")),
        ("price-factor", "billed at 0.9 times the price computed (10% less)", amount),
    ]
    assert result.unexplained == 0


def test_a_monthly_total_is_compared_as_one(reconciled, tmp_path):
    calls = claude()
    days = [key[0] for key in exact(calls)]
    total = sum(exact(calls).values(), Decimal(0))
    path = tmp_path / "focus.csv"
    path.write_text(
        "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName\n"
        f"{total},USD,Usage,{min(days)}T00:00:00Z,{max(days) + timedelta(days=1)}T00:00:00Z,Anthropic,Claude API\n"
    )

    result = reconciled(calls, path)

    assert [(row.key.model, row.key.token_class, row.difference) for row in result.rows] == [(None, None, 0)]


@pytest.mark.slow
def test_calls_lost_at_random_are_not_taken_for_anything_else(reconciled, tmp_path):
    """On a bill of whole cents some rows come out by accident; that is not enough for a cause."""
    calls = gpt(calls=900)
    bill, _ = moved(exact(calls), lambda _, __, ___, cost: cost.quantize(CENT))
    logged = [call for call in calls if luck(int(call.name, 16)).random() < 0.8]

    result = reconciled(logged, write_openai_costs(tmp_path / "bill.json", bill))

    assert {cause.cause for cause in result.causes} <= {"rounding"}
    assert not result.within_tolerance


def by_day(charges):
    """The same charges as one amount a day, as a bill without any grouping has them."""
    days = defaultdict(Decimal)
    for (day, _, __), amount in charges.items():
        days[day, "", ""] += amount
    return days


@pytest.mark.parametrize(("searches", "explained"), [(0, 0), (3, 0), (5, Decimal("0.05"))])
@pytest.mark.slow
def test_a_round_charge_is_searches_only_as_far_as_searches_were_logged(reconciled, tmp_path, searches, explained):
    """Five cents more are five searches at a cent, and every adjustment is whole cents."""
    calls = claude()
    first = next(number for number, call in enumerate(calls) if call.day() == SPAN["first"])
    calls[first] = replace(calls[first], searches=searches, name=f"{calls[first].name}{searches}")
    bill = by_day(exact(calls))
    bill[SPAN["first"], "", ""] += Decimal("0.05")

    result = reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))

    assert result.difference == Decimal("0.05")
    assert (result.explained, result.unexplained) == (explained, Decimal("0.05") - explained)
    assert [cause.detail for cause in result.causes] == ["fees billed for more web searches than logged"] * bool(
        explained
    )


def test_a_line_that_names_searches_may_charge_for_more_than_were_logged(reconciled, tmp_path):
    calls = with_searches(claude(), luck(1))
    bill = exact(calls)
    odd = next(key for key in bill if key[2] == "web_search")
    bill[odd] += 7

    result = reconciled(calls, write_cost_report(tmp_path / "bill.json", bill))

    assert told(result) == [("tool-fees", "fees billed for more web searches than logged", 7)]


def test_a_charge_of_another_type_is_no_fee_for_a_tool(reconciled, tmp_path):
    calls = claude()
    path = write_cost_report(tmp_path / "bill.json", exact(calls))
    document = json.loads(path.read_text())
    seats = {"currency": "USD", "amount": "5000", "cost_type": "seats", "description": "Seats", "model": None}
    document["data"][0]["results"].append(seats)
    path.write_text(json.dumps(document))

    result = reconciled(calls, path)

    assert (result.causes, result.unexplained) == ((), 50)
    assert not result.within_tolerance
