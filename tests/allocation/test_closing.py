"""A closed period stays as it was stated; what came later is stated once, in the next."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.allocation.ledgers import amounts, put_export

from llmcost.allocation.chargeback import chargeback, owner_of, showback
from llmcost.allocation.closing import check_can_close, close, every_closing, in_force, reopen
from llmcost.allocation.spans import label
from llmcost.allocation.tying import Reconciled, reconciled, tied_to, too_far
from llmcost.allocation.usage import usage_statement
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.fx import rates_of
from llmcost.ledger import locks
from llmcost.pricing.charges import list_with_charges

_NOW = datetime(2026, 12, 2, tzinfo=UTC)
_RULES = """
allocation:
  rules:
    - {name: shared key, where: virtual_account=shared, method: proportional}
  unattributed: even
"""


class _Office:
    """Finance, with a ledger."""

    def __init__(self, ledger, asked_of):
        self._ledger = ledger
        self._asked_of = asked_of
        self._prices = None

    def show(self, period, text=_RULES, **values):
        return chargeback(self._ledger, self._prices, self._asked_of(text, period), **values)

    def showback(self, period, text=_RULES):
        return showback(self._ledger, self._prices, self._asked_of(text, period))

    def close(self, period, text=_RULES, invoice=None, now=_NOW):
        asked = self._asked_of(text, period)
        if invoice is not None:
            asked = tied_to(asked, Decimal(invoice))
        closed = in_force(self._ledger, asked.policy.by)
        check_can_close(closed, asked.policy.by, asked.period, label(asked.period, asked.zone), now)
        found = chargeback(self._ledger, self._prices, asked).allocation
        return close(self._ledger, found, asked.policy, asked.rates, now=now, note="checked")

    def reconciled(self, period, *paths):
        asked = self._asked_of(_RULES, period)
        return reconciled(self._ledger, self._prices, asked, self.show(period).allocation, paths)

    def reopen(self, period):
        asked = self._asked_of("", period)
        return reopen(self._ledger, "team", asked.period, period, now=_NOW, note="wrong invoice")


@pytest.fixture
def office(ledger, asked_of):
    return _Office(ledger, asked_of)


def _stated(found):
    """By owner, what the statements of all its lines come to."""
    sums = {}
    for line in found.allocation.lines:
        sums[line.owner] = sums.get(line.owner, Decimal(0)) + line.amount
    return sums


def test_a_closed_period_is_shown_as_it_was_closed_whatever_the_ledger_and_the_rules_say_now(office, spend):
    spend("2026-10-02", "30.005", team="search")
    spend("2026-10-02", "10", team="chat")
    before = office.show("2026-10").allocation
    closing = office.close("2026-10")
    spend("2026-10-03", "8", team="search")
    after = office.show("2026-10", "allocation: {decimals: 4}")
    assert after.allocation == before
    assert after.closing == closing
    assert after.outstanding == Decimal(8)
    assert after.notes[0].endswith("the next statements of 1 owner adjust it, by 8.00 USD in all")
    assert _stated(office.showback("2026-10")) == {"search": Decimal("38.00"), "chat": Decimal("10.00")}
    assert _stated(office.show("2026-10", now=True)) == {"search": Decimal("38.00"), "chat": Decimal("10.00")}


def test_what_came_later_is_an_adjustment_in_the_next_open_statement_and_only_there(office, spend):
    spend("2026-10-02", "30", team="search")
    spend("2026-10-02", "10", team="chat")
    spend("2026-10-02", "4", team="chat", virtual_account="shared")
    office.close("2026-10")
    spend("2026-11-05", "1", team="search")
    # Late: search had 20 more, so that of the 4 shared it bears 50/60 instead of 30/40: 3.33 instead of 3.00.
    spend("2026-10-20", "20", team="search")
    november = office.show("2026-11")
    assert amounts(november.allocation) == {
        ("search", "own requests"): "1.00",
        ("search", "adjustment to 2026-10"): "20.33",
        ("chat", "adjustment to 2026-10"): "-0.33",
    }
    adjustment = next(line for line in november.allocation.lines if line.owner == "chat")
    assert [term.command for term in adjustment.evidence] == [
        "llmcost chargeback --by team --now --period 2026-10",
        "llmcost chargeback --by team --period 2026-10",
    ]
    office.close("2026-11")
    assert office.show("2026-10").outstanding == 0
    assert "adjustment to 2026-10" not in {line.source for line in office.show("2026-12").allocation.lines}


def test_every_term_of_a_second_adjustment_is_what_its_command_prints(office, spend):
    spend("2026-10-02", "10", team="search")
    office.close("2026-10")
    spend("2026-10-03", "1", team="search")
    spend("2026-11-02", "20", team="search")
    office.close("2026-11")
    spend("2026-10-04", "2", team="search")

    (line,) = office.show("2026-12").allocation.lines
    assert f"{line.amount:f}" == "2.00"
    assert [(term.sign, f"{term.cost:f}", term.command) for term in line.evidence] == [
        ("+", "13.000000000000", "llmcost chargeback --by team --now --period 2026-10"),
        ("-", "10.000000000000", "llmcost chargeback --by team --period 2026-10"),
        ("-", "1.000000000000", "llmcost chargeback statement --for search --by team --period 2026-11"),
    ]
    # Nothing of November changed; what its statements said of October is told apart.
    assert office.show("2026-11", now=True).notes == (
        "its statements came to 20.00 USD, beside 1.00 USD of adjustments to earlier periods, and stay as they are",
    )


def test_usage_of_a_closed_period_says_what_came_later_and_nothing_of_what_rules_took(office, spend, ledger, asked_of):
    spend("2026-10-02", "5", team="core", virtual_account="shared")
    spend("2026-10-02", "7", team="search")
    office.close("2026-10")

    def notes(team):
        return usage_statement(ledger, asked_of(_RULES), team).notes

    assert (notes("core"), notes("search")) == ((), ())
    spend("2026-10-03", "0.50", team="search")
    assert notes("search") == ("2026-10 was closed with requests of 'search' at 7 USD; the ledger now has 7.5",)


def test_usage_says_so_where_all_of_it_came_after_the_closing(office, spend, ledger, asked_of):
    spend("2026-10-02", "7", team="search")
    office.close("2026-10", text="")
    spend("2026-10-03", "100", team="late")

    assert usage_statement(ledger, asked_of(), "late").notes == (
        "2026-10 was closed with requests of 'late' at 0 USD; the ledger now has 100",
    )


def test_over_all_statements_everything_is_stated_once(office, spend):
    spend("2026-09-02", "1.004", team="search")
    office.close("2026-09")
    spend("2026-09-03", "0.007", team="chat")
    spend("2026-10-03", "2.50", team="chat")
    office.close("2026-10")
    spend("2026-09-04", "0.50")
    spend("2026-10-04", "0.25", team="search", virtual_account="shared")
    found = [office.show(month) for month in ("2026-09", "2026-10", "2026-11")]
    exact = sum(line.cost for one in found for line in one.allocation.lines)
    assert exact == Decimal("1.004") + Decimal("0.007") + Decimal("2.50") + Decimal("0.50") + Decimal("0.25")
    # 1.511 and 2.75 as they are known now, each rounded.
    assert sum(line.amount for one in found for line in one.allocation.lines) == Decimal("1.51") + Decimal("2.75")


def test_a_period_closed_to_an_invoice_keeps_its_total_when_late_requests_explain_the_difference(office, spend):
    spend("2026-10-02", "30", team="search")
    office.close("2026-10", invoice="32.00")
    spend("2026-10-20", "2", team="chat")
    assert amounts(office.show("2026-11").allocation) == {
        ("chat", "adjustment to 2026-10"): "2.00",
        (None, "adjustment to 2026-10"): "-2.00",
    }


def test_a_period_closed_on_exports_is_not_credited_for_a_request_that_comes_later(office, spend, ledger):
    put_export(ledger, "2026-10-05", "60", 2, team="search")
    put_export(ledger, "2026-10-06", "40", 1, team="support")
    office.close("2026-10")
    spend("2026-10-31 23:59", "0.25", team="search")
    spend("2026-11-01 00:01", "0.50", team="search")
    after = office.show("2026-10")
    assert (after.allocation.basis, after.outstanding, after.notes) == ("exports", 0, ())
    assert amounts(office.show("2026-11").allocation) == {("search", "own requests"): "0.50"}
    # What the provider corrects is stated: 45 instead of 40.
    put_export(ledger, "2026-10-07", "5", 1, team="support")
    assert amounts(office.show("2026-11").allocation) == {
        ("support", "adjustment to 2026-10"): "5.00",
        ("search", "own requests"): "0.50",
    }
    assert _stated(office.show("2026-10", now=True)) == {"search": Decimal("60.00"), "support": Decimal("45.00")}


def test_a_period_closed_without_any_request_takes_whatever_comes_first(office, ledger):
    office.close("2026-10")
    put_export(ledger, "2026-10-06", "40", 1, team="support")
    assert amounts(office.show("2026-11").allocation) == {("support", "adjustment to 2026-10"): "40.00"}


def test_closing_locks_the_prices_and_reopening_lifts_that_lock_only(office, spend, ledger):
    spend("2026-10-02", "30", team="search")
    locks.add(ledger, datetime(2026, 10, 1), "audit", datetime(2026, 10, 2))  # noqa: DTZ001  the ledger's naive UTC
    office.close("2026-10")
    assert locks.locked_until(ledger) == datetime(2026, 11, 1)  # noqa: DTZ001
    office.reopen("2026-10")
    assert locks.locked_until(ledger) == datetime(2026, 10, 1)  # noqa: DTZ001
    assert office.show("2026-10").closing is None
    (record,) = every_closing(ledger)
    assert (record.reopened_at, record.reopen_note, record.note) == (_NOW, "wrong invoice", "checked")
    office.close("2026-10")
    assert len(every_closing(ledger)) == 2


def test_periods_are_closed_one_after_the_other_and_opened_from_the_last(office, spend):
    spend("2026-10-02", "30", team="search")
    with pytest.raises(UsageError, match="2026-12 is not over"):
        office.close("2026-12")
    office.close("2026-10")
    with pytest.raises(UsageError, match="2026-10 is closed already, by team"):
        office.close("2026-10")
    with pytest.raises(UsageError, match="does not follow 2026-10, the last period closed by team"):
        office.close("2026-08")
    office.close("2026-11")
    with pytest.raises(UsageError, match="2026-10 cannot be opened while 2026-11 is closed"):
        office.reopen("2026-10")
    with pytest.raises(UsageError, match="2026-09 is not closed"):
        office.reopen("2026-09")


def test_adjustments_keep_the_currency_and_the_decimals_of_what_they_adjust(office, spend):
    spend("2026-10-02", "30", team="search")
    office.close("2026-10")
    spend("2026-10-03", "1", team="search")
    with pytest.raises(UsageError, match="2026-10 was closed in USD with 2 decimals and must be adjusted in them"):
        office.show("2026-11", "allocation: {decimals: 3}")


def test_each_dimension_is_closed_by_itself(office, spend):
    spend("2026-10-02", "30", team="search", customer_id="acme")
    office.close("2026-10")
    assert office.show("2026-10", "allocation: {by: customer_id}").closing is None
    office.close("2026-10", "allocation: {by: customer_id}")


def test_a_period_across_closed_ones_says_so(office, spend):
    spend("2026-10-02", "30", team="search")
    office.close("2026-10")
    assert "2026-10 closed at what its statements say" in office.show("2026-Q4").notes[0]


def test_a_closing_that_was_changed_is_noticed(office, spend, ledger):
    spend("2026-10-02", "30", team="search")
    office.close("2026-10")
    ledger.execute("update chargeback set content = replace(content, '30.00', '29.00')")
    with pytest.raises(DataError, match="chargeback of 2026-10 by team was changed after it was closed"):
        office.show("2026-10")


def test_a_period_closed_twice_in_ledgers_that_were_merged_must_be_opened(office, spend, ledger):
    spend("2026-10-02", "30", team="search")
    office.close("2026-10")
    ledger.execute("create temp table one as from chargeback")
    office.reopen("2026-10")
    spend("2026-10-03", "5", team="search")
    office.close("2026-10")
    ledger.execute("insert into chargeback by name from one")
    with pytest.raises(DataError, match=r"closed twice, at different amounts: 30\.00 and 35\.00|35\.00 and 30\.00"):
        office.show("2026-10")
    office.reopen("2026-10")
    assert office.show("2026-10").closing is None


def test_each_closing_names_the_one_before(office, spend, ledger):
    spend("2026-10-02", "30", team="search")
    first, second = office.close("2026-10"), office.close("2026-11")
    (content,) = ledger.execute("select content from chargeback where label = '2026-11'").fetchone()
    assert json.loads(content)["previous"] == first.hash
    assert second.hash != first.hash


@pytest.mark.parametrize(
    "name", ["\x1b[31mred", "🎉 party", "line\nbreak", "quote \" and 'quote'", "\x7f\u2028", "a: b"]
)
def test_any_name_survives_being_closed(office, spend, name):
    spend("2026-10-02", "30", team=name)
    quoted = '"' + "".join(f"\\U{ord(character):08x}" for character in name) + '"'
    text = (
        f"allocation: {{rules: [{{name: {quoted}, where: feature=x, to: {quoted}}}], unattributed: {{to: {quoted}}}}}"
    )
    before = office.show("2026-10", text).allocation
    office.close("2026-10", text)
    found = office.show("2026-10")
    assert found.allocation == before
    assert found.closing.policy.rules[0].sharing.to == (name,)
    assert owner_of(found, name) == name


@pytest.fixture
def capacity(tmp_path):
    """Price lists with capacity of Azure's, 744 hours of October at 1."""
    path = tmp_path / "prices.yaml"
    path.write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-10-01\nprovisioned:\n"
        "  - {name: ptu-1, provider: azure, deployment: chat, units: 1, usd_per_unit_hour: 1, from: 2026-10-01}\n"
    )
    return list_with_charges([path])


def test_a_closing_keeps_the_rates_of_its_charges(ledger, asked_of, spend, capacity):
    spend("2026-10-02", "30", team="search")
    rates = ((date(2026, 10, 1), Decimal("0.5")), (date(2026, 10, 21), Decimal("0.6")))
    asked = asked_of(_RULES, currency="EUR", rates=rates)
    found = chargeback(ledger, capacity, asked).allocation
    close(ledger, found, asked.policy, rates, now=_NOW, note=None)
    shown = chargeback(ledger, None, asked).allocation
    assert shown == found
    assert [(one.first_day.day, one.last_day.day, one.rate, one.amount) for one in shown.charges] == [
        (1, 20, Decimal("0.5"), Decimal(240)),
        (21, 31, Decimal("0.6"), Decimal("158.4")),
    ]


def test_a_difference_beyond_the_tolerance_is_known(office, asked_of, spend):
    spend("2026-10-02", "30", team="search")
    found = chargeback(office._ledger, office._prices, tied_to(asked_of(_RULES), Decimal("30.30"))).allocation
    assert too_far(found, Decimal("0.009"))
    assert not too_far(found, Decimal("0.01"))


@pytest.fixture
def reconciliation(tmp_path):
    """The document of a reconciliation of October."""

    def write(name="reconciled.json", **values):
        shape = {
            "schema": "llmcost/reconcile/1",
            "period": {"since": "2026-10-01", "until": "2026-11-01", "tz": "UTC"},
            "currency": "USD",
            "providers": ["openai"],
            "billed": "31.50",
            "logged": "30.00",
            **values,
        }
        path = tmp_path / name
        path.write_text(json.dumps(shape))
        return path

    return write


def test_a_reconciliation_that_is_not_there_is_a_slip(office, tmp_path):
    with pytest.raises(UsageError, match=r"no such file: .*none\.json"):
        office.reconciled("2026-10", tmp_path / "none.json")


def test_a_reconciled_provider_counts_as_billed_and_the_others_as_logged(office, spend, reconciliation):
    spend("2026-10-02", "30", team="search", provider="openai")
    spend("2026-10-02", "7", team="search", provider="anthropic")
    assert office.reconciled("2026-10", reconciliation()) == Reconciled(total=Decimal("38.50"), notes=())
    part = reconciliation(period={"since": "2026-10-02", "until": "2026-10-20", "tz": "UTC"})
    found = office.reconciled("2026-10", part)
    assert found.total == Decimal("38.50")
    assert found.notes[0].endswith("is about 2026-10-02 to 2026-10-19; other days count as logged")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"period": {"since": "2026-09-30", "until": "2026-10-31", "tz": "UTC"}}, "is about 2026-09-30 to 2026-10-30"),
        ({"currency": "EUR"}, "is in EUR, the allocation in USD"),
        ({"logged": "29.00"}, r"found 29\.00 USD in the ledger, which now has 30"),
        ({"schema": "llmcost/report/1"}, "is no llmcost/reconcile/1"),
        ({"billed": None}, "is no whole reconciliation"),
    ],
)
def test_a_reconciliation_of_something_else_is_refused(office, spend, reconciliation, values, message):
    spend("2026-10-02", "30", team="search", provider="openai")
    with pytest.raises(DataError, match=message):
        office.reconciled("2026-10", reconciliation(**values))


@pytest.mark.parametrize(
    ("values", "both"),
    [
        ({}, "openai on 2026-10"),  # two accounts, or the same bill twice
        ({"providers": ["mistral", "openai"]}, "openai on 2026-10"),
        ({"period": {"since": "2026-10-31", "until": "2026-11-01", "tz": "UTC"}}, "openai on 2026-10-31"),
        ({"providers": []}, "openai on 2026-10"),
    ],
)
def test_two_reconciliations_of_the_same_days_of_a_provider_are_refused(office, spend, reconciliation, values, both):
    spend("2026-10-31", "30", team="search", provider="openai")
    other = reconciliation(name="other.json", billed="9.00", **values)
    with pytest.raises(DataError, match=rf"reconciled\.json and \S*other\.json are both about {both}$"):
        office.reconciled("2026-10", reconciliation(), other)


def test_a_bill_takes_the_place_of_its_providers_capacity_too(office, spend, reconciliation, capacity):
    office._prices = capacity
    spend("2026-10-02", "30", team="search", provider="openai")
    spend("2026-10-02", "5", team="search", provider="azure")
    # Azure bills 5 for calls and 744 hours at 1; with OpenAI's 30 as logged, 779 in all.
    azure = reconciliation(providers=["azure"], logged="5.00", billed="749.00")
    assert office.reconciled("2026-10", azure).total == Decimal(779)
    # Two days of Azure's capacity, 48, are on this bill, which has 2 more; the other 29 count as the price list says.
    part = {"since": "2026-10-02", "until": "2026-10-04", "tz": "UTC"}
    azure = reconciliation(providers=["azure"], logged="5.00", billed="55.00", period=part)
    assert office.reconciled("2026-10", azure).total == Decimal(781)
    # On a bill of another provider it is not; one of every provider has all of it.
    assert office.reconciled("2026-10", reconciliation()).total == Decimal("780.50")
    every = reconciliation(providers=[], logged="35.00", billed="779.00")
    assert office.reconciled("2026-10", every).total == Decimal(779)


def test_reconciliations_of_other_days_or_providers_add_up(office, spend, reconciliation):
    spend("2026-10-02", "30", team="search", provider="openai")
    spend("2026-10-20", "10", team="search", provider="openai")
    spend("2026-10-20", "7", team="search", provider="anthropic")
    first = reconciliation(name="1.json", period={"since": "2026-10-01", "until": "2026-10-20", "tz": "UTC"})
    last = {"since": "2026-10-20", "until": "2026-11-01", "tz": "UTC"}
    second = reconciliation(name="2.json", period=last, billed="10.40", logged="10.00")
    third = reconciliation(name="3.json", providers=["anthropic"], billed="6.90", logged="7.00")
    assert office.reconciled("2026-10", first, second, third).total == Decimal("48.80")


def test_a_bill_with_more_decimals_than_the_ledger_closes_a_period_to_its_last_digit(office, spend, reconciliation):
    # OpenAI's costs are binary fractions: 0.24 is billed as 0.23999999999999997, which is 0.00000000000000003 less.
    spend("2026-10-02", "0.16", team="search", provider="openai")
    spend("2026-10-02", "0.08", team="chat", provider="openai")
    path = reconciliation(billed="0.23999999999999997", logged="0.24")
    invoice = office.reconciled("2026-10", path).total
    assert invoice == Decimal("0.23999999999999997")
    rules = "allocation: {difference: proportional}"
    office.close("2026-10", rules, invoice=invoice)
    found = office.show("2026-10").allocation
    # Two thirds of the difference are search's, one is chat's.
    assert {(line.owner, line.cost) for line in found.lines if line.kind == "difference"} == {
        ("search", Decimal("-0.00000000000000002")),
        ("chat", Decimal("-0.00000000000000001")),
    }
    assert _stated(office.show("2026-10")) == {"search": Decimal("0.16"), "chat": Decimal("0.08")}


def test_who_bears_nothing_is_named_with_the_nearest(office, spend):
    spend("2026-10-02", "30", team="search")
    with pytest.raises(UsageError, match="'serach' bears nothing of 2026-10, by team") as error:
        owner_of(office.show("2026-10"), "serach")
    assert error.value.hint == "did you mean 'search'?"


def test_a_late_request_of_before_the_first_rate_of_a_closing_is_converted_at_one_added_since(ledger, spend, asked_of):
    """Those the month was closed with stay: the rate of the 3rd is not the one of today."""
    then, today = rates_of({"2026-10-03": "0.5"}), rates_of({"2026-10-01": "0.75", "2026-10-03": "0.6"})

    def show(period, rates):
        asked = asked_of("allocation: {by: team}\n", period, currency="EUR", rates=rates)
        return chargeback(ledger, None, asked), asked

    spend("2026-10-05 10:00", "10", team="a")
    found, asked = show("2026-10", then)
    close(ledger, found.allocation, asked.policy, asked.rates, now=_NOW, note=None)
    spend("2026-11-05 10:00", "20", team="a")
    spend("2026-10-02 10:00", "8", team="a")

    with pytest.raises(UsageError, match="no EUR rate for 2026-10-02") as raised:
        show("2026-11", then)
    assert raised.value.hint == "add one under fx: EUR: in llmcost.yaml"
    assert amounts(show("2026-10", today)[0].allocation) == {("a", "own requests"): "5.00"}
    assert amounts(show("2026-11", today)[0].allocation) == {
        ("a", "own requests"): "12.00",
        ("a", "adjustment to 2026-10"): "6.00",
    }
