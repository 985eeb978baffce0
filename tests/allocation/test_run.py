"""Allocations of small ledgers, worked out by hand, and commands that print what they rest on."""

import json
import shlex
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.allocation.ledgers import amounts, put, put_export
from tests.ingesting import memory_ledger

from llmcost.allocation.chargeback import Chargeback
from llmcost.allocation.policy import Driver, Policy, Rule, Sharing, Term
from llmcost.allocation.run import Asked, allocation
from llmcost.domain.errors import ConfigError, UsageError
from llmcost.domain.period import parse_period, time_zone
from llmcost.ledger.filters import parse_condition
from llmcost.pricing.charges import list_with_charges
from llmcost.render.chargeback_data import shape
from llmcost.render.json import json as report_json
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

_PRICES = """
schema: llmcost-pricing/1
currency: USD
as_of: 2026-10-01
provisioned:
  - {name: ptu-1, provider: azure, deployment: chat, units: 1, usd_per_unit_hour: 0.10, from: 2026-10-01}
"""


@pytest.fixture
def allocate(ledger, asked_of, tmp_path):
    """Allocate October by the rules of a text."""

    def run(text="", prices=None, **values):
        listed = None
        if prices is not None:
            (tmp_path / "prices.yaml").write_text(prices)
            listed = list_with_charges([tmp_path / "prices.yaml"])
        return allocation(ledger, listed, asked_of(text, **values))

    return run


def test_without_rules_everybody_bears_their_own_and_nobody_the_rest(spend, allocate):
    spend("2026-10-01 00:00", "1.005", team="search")
    spend("2026-10-31 23:59", "2.005", team="chat")
    spend("2026-10-15 12:00", "0.50")
    spend("2026-11-01 00:00", "99", team="search")
    found = allocate()
    # 3.51 in all: search and chat lose half a cent each by rounding down, and the larger gets the cent back.
    assert amounts(found) == {
        ("search", "own requests"): "1.00",
        ("chat", "own requests"): "2.01",
        (None, "unattributed"): "0.50",
    }
    assert found.ledger_cost == Decimal("3.51")


def test_shared_requests_go_by_tokens_evenly_by_weights_or_to_one(spend, allocate):
    spend("2026-10-02", "10", team="search", uncached_input_tokens=100)
    spend("2026-10-02", "20", team="chat", uncached_input_tokens=300)
    spend("2026-10-03", "1.00", feature="embed", team="search")
    spend("2026-10-03", "1.01", feature="eval")
    spend("2026-10-03", "1.00", feature="batch")
    spend("2026-10-03", "0.10", feature="lab", team="chat")
    found = allocate(
        """
allocation:
  rules:
    - {name: by tokens, where: feature=embed, method: proportional, driver: total_tokens}
    - {name: halves, where: feature=eval, method: even}
    - {name: weighed, where: feature=batch, weights: {search: 3, chat: 1, data: "0.0"}}
    - {name: lab, where: feature=lab, to: research}
"""
    )
    assert amounts(found) == {
        ("search", "own requests"): "10.00",
        ("chat", "own requests"): "20.00",
        # 100 and 300 of 400 tokens: those of the shared request itself do not count.
        ("search", "by tokens"): "0.25",
        ("chat", "by tokens"): "0.75",
        # 1.01 in halves: both lose half a cent, the name that sorts first gets it.
        ("chat", "halves"): "0.51",
        ("search", "halves"): "0.50",
        ("search", "weighed"): "0.75",
        ("chat", "weighed"): "0.25",
        ("research", "lab"): "0.10",
    }


def test_a_driver_may_be_taken_of_other_requests(spend, allocate):
    spend("2026-10-02", "10", team="search", feature="rag")
    spend("2026-10-02", "10", team="search", feature="rag")
    spend("2026-10-02", "80", team="chat", feature="rag")
    spend("2026-10-02", "80", team="data")
    spend("2026-10-03", "3.00", virtual_account="shared")
    rule = "{name: index, where: virtual_account=shared, method: proportional, driver: requests, driver_where: feature=rag}"
    found = allocate(f"allocation: {{rules: [{rule}]}}")
    assert amounts(found)["search", "index"] == "2.00"
    assert amounts(found)["chat", "index"] == "1.00"
    assert ("data", "index") not in amounts(found)


def test_on_exports_a_bill_takes_the_place_of_its_providers_capacity(ledger, allocate):
    put_export(ledger, "2026-10-05", "240", None, provider="azure", team="search")
    found = allocate("allocation: {by: team}", _PRICES)
    # 720 hours of the other 30 days at 0.10.
    assert (found.basis, found.ledger_cost, found.charges_cost) == ("exports", Decimal(240), Decimal(72))
    capacity = next(one for one in found.sources if one.kind == "charge")
    assert capacity.basis == (
        "commitment ptu-1, 2026-10-01 to 2026-10-04: 96 unit-hour at 0.1 = 9.6",
        "commitment ptu-1, 2026-10-06 to 2026-10-31: 624 unit-hour at 0.1 = 62.4",
    )
    assert found.notes == (
        "capacity and credits that price files name are as billed where exports have a bill: azure on 1 day",
    )


def test_charges_beside_the_requests_are_allocated_or_stand_by_themselves(spend, allocate):
    spend("2026-10-02", "30", team="search")
    spend("2026-10-02", "10", team="chat")
    # October has 744 hours at 0.10.
    alone = allocate("allocation: {by: team}", _PRICES)
    assert amounts(alone)[None, "commitment: ptu-1"] == "74.40"
    assert alone.charges_cost == Decimal("74.40")
    shared = allocate("allocation: {charges: proportional}", _PRICES)
    assert amounts(shared)["search", "commitment: ptu-1"] == "55.80"
    rates = ((date(2026, 9, 1), Decimal("0.5")), (date(2026, 10, 21), Decimal("0.6")))
    turned = allocate("allocation: {by: team}", _PRICES, currency="EUR", rates=rates)
    # 480 hours at 0.10 x 0.5, then 264 at 0.10 x 0.6.
    assert turned.charges_cost == Decimal("39.84")
    capacity = next(one for one in turned.sources if one.kind == "charge")
    assert capacity.basis == (
        "commitment ptu-1, 2026-10-01 to 2026-10-20: 480 unit-hour at 0.1 USD x 0.5 = 24 EUR",
        "commitment ptu-1, 2026-10-21 to 2026-10-31: 264 unit-hour at 0.1 USD x 0.6 = 15.84 EUR",
    )
    assert [one["rate"] for one in shape(Chargeback(allocation=turned))["charges"]] == ["0.50", "0.60"]
    slip = allocate("allocation: {rules: [{name: capacity, charge: ptu-9, to: chta}]}", _PRICES)
    assert slip.notes == (
        "'capacity' takes nothing: no charge here is called so",
        "'chta' in the rules: no request here is theirs",
    )
    named = allocate("allocation: {rules: [{name: capacity, charge: ptu-*, to: chat}]}", _PRICES)
    assert amounts(named) == {
        ("chat", "own requests"): "10.00",
        ("chat", "capacity"): "74.40",
        ("search", "own requests"): "30.00",
    }


def test_an_owner_passes_on_all_it_was_given_before(spend, allocate):
    spend("2026-10-02", "6", team="platform")
    spend("2026-10-02", "30", team="search")
    spend("2026-10-02", "10", team="chat")
    spend("2026-10-02", "4", feature="eval")
    found = allocate(
        """
allocation:
  rules:
    - {name: eval, where: feature=eval, to: platform}
    - {name: platform, owner: platform, method: proportional, driver: allocated}
"""
    )
    assert amounts(found)["platform", "platform"] == "-10.00"
    assert amounts(found)["search", "platform"] == "7.50"
    assert amounts(found)["chat", "platform"] == "2.50"
    assert sum(line.amount for line in found.lines if line.owner == "platform") == 0


def test_a_request_that_two_rules_take_is_refused(spend, allocate):
    spend("2026-10-02", "1.25", team="search", feature="eval", environment="staging")
    with pytest.raises(UsageError, match=r"'one' and 'two' both take 1 request, which cost 1\.25"):
        allocate(
            """
allocation:
  rules:
    - {name: one, where: feature=eval, method: even}
    - {name: two, where: environment=staging, method: even}
"""
        )


def test_where_nothing_can_be_divided_by_all_bear_the_same_and_it_is_said(spend, allocate):
    spend("2026-10-02", "1", team="search")
    spend("2026-10-02", "1", team="chat")
    spend("2026-10-02", "3", feature="eval")
    found = allocate("allocation: {rules: [{name: eval, where: feature=eval, method: proportional, driver: images}]}")
    assert amounts(found)["search", "eval"] == "1.50"
    assert found.notes == ("'eval' is shared evenly: there is no images to share it by",)


def test_what_an_invoice_adds_is_allocated_or_stands_by_itself(spend, allocate):
    spend("2026-10-02", "30", team="search")
    spend("2026-10-02", "10", team="chat")
    kept = allocate(invoice=Decimal("42.00"))
    assert amounts(kept)[None, "difference to the invoice"] == "2.00"
    shared = allocate("allocation: {difference: proportional}", invoice=Decimal("38.00"))
    assert amounts(shared)["search", "difference to the invoice"] == "-1.50"
    assert sum(line.amount for line in shared.lines) == Decimal("38.00")


def test_days_are_those_of_the_time_zone(spend, allocate):
    spend("2026-09-30 22:30", "1", team="search")
    spend("2026-10-31 22:30", "5", team="search")
    spend("2026-10-31 23:30", "9", team="search")
    # Berlin is two hours ahead in September and one at the end of October.
    found = allocate("tz: Europe/Berlin")
    assert amounts(found) == {("search", "own requests"): "6.00"}
    assert (found.since, found.until) == ("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")


def test_amounts_are_converted_at_the_rate_of_each_day(spend, allocate):
    spend("2026-10-01", "10", team="search")
    spend("2026-10-20", "10", team="search")
    rates = (
        (datetime(2026, 10, 1, tzinfo=UTC).date(), Decimal("0.9")),
        (datetime(2026, 10, 15, tzinfo=UTC).date(), Decimal("0.8")),
    )
    found = allocate(currency="EUR", rates=rates)
    assert found.ledger_cost == Decimal(17)
    assert found.lines[0].evidence[0].command.endswith("--currency EUR")


def test_requests_without_a_price_are_counted_and_never_zero(spend, allocate):
    spend("2026-10-02", "1", team="search")
    spend("2026-10-02", None, team="search")
    spend("2026-10-02", None, team="lab")
    found = allocate()
    lines = {line.owner: line for line in found.lines}
    assert (lines["search"].requests, lines["search"].unpriced_requests) == (2, 1)
    assert not lines["search"].unknown
    assert lines["lab"].unknown


_RULES = """
tz: Europe/Berlin
allocation:
  rules:
    - {name: shared, where: virtual_account=shared, method: even}
    - {name: staging, where: ["environment=staging", "virtual_account!=shared"], method: proportional}
"""


def test_every_command_of_the_evidence_prints_its_term_and_the_terms_add_up(spend, allocate, ledger):
    for place, team in enumerate(["search", "chat", 'a "b", c', "x=y", "it's", None]):
        spend(f"2026-10-0{place + 2}", f"{place + 1}.10", team=team)
        spend("2026-10-09", f"0.{place + 1}3", team=team, virtual_account="shared", environment="staging")
        spend("2026-10-10", "0.07", team=team, environment="staging")
    found = allocate(_RULES)
    proven = [*(one for one in found.lines if one.kind == "direct"), *found.sources]
    for one in proven:
        assert one.evidence
        assert sum(term.cost if term.sign == "+" else -term.cost for term in one.evidence) == one.cost
        for term in one.evidence:
            assert _printed(ledger, term.command) == term.cost, term.command
    assert {len(line.evidence) for line in found.lines if line.kind == "direct"} == {3}


def _printed(ledger, command):
    """What `llmcost report` says for a command, its words taken apart as a shell does."""
    words = shlex.split(command)
    assert words[:2] == ["llmcost", "report"]
    options = list(zip(words[2::2], words[3::2], strict=True))
    named = dict(options)
    zone = time_zone(named.get("--tz", "UTC"))
    question = Question(
        where=tuple(value for option, value in options if option == "--where"),
        period=parse_period(named["--period"], datetime(2026, 11, 1, tzinfo=UTC), zone),
        zone=zone,
    )
    return Decimal(json.loads(report_json(cost_by(ledger, question)))["totals"]["cost"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("allocation: {rule: []}", r"yaml:1:14: unknown key 'rule'; did you mean 'rules'"),
        ("allocation: {rules: [{where: a=b}]}", r"yaml:1:22: a rule without a name"),
        ("allocation: {rules: [{name: x, method: even}]}", r"says nowhere which cost"),
        ("allocation: {rules: [{name: x, where: a=b, charge: y, method: even}]}", r"says several times"),
        ("allocation: {rules: [{name: x, where: a=b, method: evenly}]}", r"yaml:1:44: unknown method 'evenly'"),
        ("allocation: {rules: [{name: x, where: a=b, method: direct}]}", r"direct needs one owner"),
        ("allocation: {rules: [{name: x, where: a=b, weights: {a: -1}}]}", r"yaml:1:54: expected a number from 0 up"),
        ("allocation: {rules: [{name: x, where: a=b, weights: {a: 0}}]}", r"all weights are zero"),
        ("allocation: {rules: [{name: x, where: a, method: even}]}", r"yaml:1:32: cannot read 'a'"),
        (
            "allocation: {rules: [{name: x, where: a=b, method: proportional, driver: error_rate}]}",
            r"error_rate of the parts does not add up",
        ),
        (
            "allocation: {rules: [{name: x, where: a=b, method: proportional, driver: request}]}",
            r"there is no metric 'request'",
        ),
        ("allocation: {rules: [{name: x, where: a=b, method: even, driver: cost}]}", r"`driver:` means nothing"),
        ("allocation: {unattributed: platform}", r"unattributed cannot be 'platform'"),
        ("allocation: {decimals: 13}", r"decimals from 0 to 12"),
        ("allocation: {tolerance: 2}", r"expected a percentage"),
        ("allocation: [{by: team}, {by: team}]", r"two allocations to team"),
        (
            "allocation: {rules: [{name: x, owner: p, method: even}, {name: y, where: a=b, to: p}]}",
            r"'p' has passed its cost on by then, in the rule 'x'",
        ),
        ("allocation: {rules: [{name: x, owner: p, to: p}]}", r"'p' passes its cost on to itself"),
        ("allocation: {statement: {prices: {cost: {price: 1}}, markup: 5%}}", r"a markup is on cost"),
        ("allocation: {statement: {columns: [latency_p50]}}", r"latency_p50 of the parts"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(asked_of, text, message):
    with pytest.raises(ConfigError, match=message):
        asked_of(text)


def test_an_allocation_is_chosen_by_its_dimension(asked_of):
    text = "allocation: [{by: team, unattributed: even}, {by: customer_id, decimals: 3}]"
    assert asked_of(text).policy.unattributed.method == "even"
    assert asked_of(text, by="customer_id").policy.decimals == 3
    assert asked_of(text, by="feature").policy.rules == ()


def test_a_dimension_that_is_a_time_or_not_there_is_refused(allocate, spend):
    spend("2026-10-02", "1")
    with pytest.raises(UsageError, match="cannot be allocated to a day"):
        allocate(by="day")
    with pytest.raises(UsageError, match="no dimension or tag is called 'squad'"):
        allocate(by="squad")


_rows = st.lists(
    st.tuples(
        st.sampled_from(["search", "chat", "data", None]),
        st.sampled_from(["v0", "v1", None]),
        st.one_of(st.none(), st.decimals(min_value=0, max_value=1000, places=12)),
        st.integers(min_value=0, max_value=5000),
    ),
    max_size=12,
)
_sharing = st.sampled_from(
    [
        Sharing(method="even"),
        Sharing(method="direct", to=("chat",)),
        Sharing(method="proportional", driver=Driver(metric="total_tokens")),
        Sharing(method="proportional", to=("search", "data")),
        Sharing(method="proportional", driver=Driver(metric="allocated")),
        Sharing(method="weights", weights={"search": Decimal("0.3"), "x": Decimal("0.7")}),
        Sharing(method="keep"),
    ]
)


@settings(max_examples=12, deadline=None)
@given(
    rows=_rows,
    sharings=st.tuples(_sharing, _sharing, _sharing),
    invoice=st.one_of(st.none(), st.just(Decimal("99.99"))),
)
def test_statements_tie_to_the_ledger_to_the_cent_whatever_is_in_it(rows, sharings, invoice):
    with memory_ledger() as ledger:
        for team, account, cost, tokens in rows:
            values = {"team": team, "virtual_account": account, "uncached_input_tokens": tokens}
            put(ledger, "2026-10-05 12:00", None if cost is None else str(cost), **values)
        rules = tuple(
            Rule(name=f"rule {name}", sharing=one, where=(_term(f"virtual_account={name}"),))
            for name, one in zip(("v0", "v1"), sharings, strict=False)
        )
        policy = Policy(by="team", rules=rules, unattributed=sharings[2])
        period = parse_period("2026-10", datetime(2026, 11, 1, tzinfo=UTC), UTC)
        asked = Asked(policy=policy, period=period, zone=UTC, invoice=invoice)
        found = allocation(ledger, None, asked)
    known = sum((Fraction(cost) for _, _, cost, _ in rows if cost is not None), Fraction(0))
    whole = known if invoice is None else Fraction(invoice)
    assert Fraction(found.ledger_cost) == known
    assert sum((Fraction(line.cost) for line in found.lines), Fraction(0)) == whole
    assert sum((Fraction(line.amount) for line in found.lines), Fraction(0)) * 100 == round(whole * 100)
    assert found.unpriced_requests == sum(cost is None for _, _, cost, _ in rows)


def _term(text):
    return Term(text=text, condition=parse_condition(text))


def test_a_rule_about_a_month_takes_what_was_used_in_it(spend, allocate):
    """In Berlin the last hour of September in UTC is October; a day and an hour are local, too."""
    spend("2026-09-30 22:30", "1.00")
    spend("2026-10-15 12:00", "2.00")
    spend("2026-11-02 12:00", "4.00")
    rules = "tz: Europe/Berlin\nallocation: {by: team, rules: [{name: own, where: 'WHERE', to: x}]}\n"

    for where, own in (("month=2026-10", "3.00"), ("day=2026-10-01", "1.00"), ("week=2026-W45", "4.00")):
        found = amounts(allocate(rules.replace("WHERE", where), period="2026-Q4"))
        assert found["x", "own"] == own
