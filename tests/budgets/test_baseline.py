"""What a change costs: two measures of whole days, and which breaches are older than it."""

import pytest

from llmcost.budgets.baseline import compared, dumped, judged, measure, read
from llmcost.budgets.checking import check
from llmcost.budgets.reading import read_budgets
from llmcost.domain.period import parse_instant, time_zone


@pytest.fixture
def taken(ledger, settings_of, tmp_path):
    """The baseline of a text at an instant, read from its file."""

    def run(text, as_of, days=1):
        settings = settings_of(text)
        budgets = read_budgets(settings)
        now = parse_instant(as_of, time_zone(settings.tz))
        found = measure(ledger, settings, budgets, check(ledger, settings, budgets, now, gates=False), days=days)
        path = tmp_path / "baseline.json"
        path.write_text(dumped(found))
        return read(path)

    return run


@pytest.mark.parametrize(
    ("costs", "outcome"),
    [
        ((["10"], ["11"]), "ok"),
        ((["10"], ["11.01"]), "failed"),
        (([None], [None]), "not_evaluated"),
        ((["10"], ["10", None]), "not_evaluated"),  # more may be spent
        ((["10"], ["11.01", None]), "failed"),
        ((["10", None], ["11", "0"]), "ok"),
        ((["10", None], ["11.01"]), "failed"),
        (([None], ["11.01"]), "not_evaluated"),  # from nobody knows what
    ],
)
def test_a_rise_is_no_pass_where_more_may_be_spent(spend, settings_of, taken, costs, outcome):
    text = "gate: {increase: 10%}"
    spend("2026-11-01 10:00", "1")
    for day, part in zip((2, 4), costs, strict=True):
        for cost in part:
            spend(f"2026-11-0{day} 10:00", cost)
    (gate,) = judged(settings_of(text), taken(text, "2026-11-03"), taken(text, "2026-11-05"))

    assert (gate.outcome, gate.missing) == (outcome, outcome == "not_evaluated")


def test_what_may_be_spent_is_told_with_the_rise(spend, settings_of, taken):
    text = "gate: {increase: 10%}"
    for day, cost in ((1, "1"), (2, "10"), (4, "10"), (4, None)):
        spend(f"2026-11-0{day} 10:00", cost)
    (gate,) = judged(settings_of(text), taken(text, "2026-11-03"), taken(text, "2026-11-05"))

    assert gate.message == (
        "everything: +0.00 usd (+0.0%) in 1 days since the baseline; 10.0% is allowed; "
        "without a known price now: 1 of 2 requests"
    )


def test_a_baseline_that_does_not_tell_requests_is_read(spend, taken, tmp_path):
    spend("2026-11-01 10:00", "1")
    spend("2026-11-02 10:00", "10")
    path = tmp_path / "older.json"
    text = dumped(taken("tz: UTC", "2026-11-03"))
    path.write_text("\n".join(line for line in text.splitlines() if "requests" not in line))
    (one,) = compared(read(path), taken("tz: UTC", "2026-11-03"))

    assert (one.old.requests, one.old.unpriced, one.new.requests, one.change) == (0, 0, 1, 0)
