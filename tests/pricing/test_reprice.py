"""Rating stored requests again. Four calls, whose costs are worked out by hand:

id  start       model  input      output   old list          new list
a   2026-09-10  m1     1,000,000  100,000  1 + 0.4 = 1.40    1.40 (the old price still holds then)
b   2026-10-05  m1     2,000,000        0  2.00              4.00 (2 a million from October on)
c   2026-10-06  m2       500,000        0  unpriced          0.25 (0.5 a million)
d   2026-11-01  m3           100       10  0.0003 + 0.0001   0.0004
"""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from tests.ingesting import native, picture, query, read, write
from tests.once import made_once

import llmcost
from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger import database, locks
from llmcost.pricing import reprice as use_case
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.reprice import RepriceRequest, StatusChange, preview, reprice

HEAD = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nmodels:\n"
M3 = "  - {id: vllm/m3, prices: [{rates: {input: 3, output: 10}}]}\n"
OLD = f"{HEAD}{M3}  - {{id: vllm/m1, prices: [{{rates: {{input: 1, output: 4}}}}]}}\n"
NEW = f"""{HEAD}{M3}
  - id: vllm/m1
    prices: [{{rates: {{input: 1, output: 4}}}}, {{from: 2026-10-01, rates: {{input: 2, output: 4}}}}]
  - {{id: vllm/m2, prices: [{{rates: {{input: 0.5, output: 1}}}}]}}
"""
CALLS = (
    ("a", "2026-09-10T12:00:00Z", "m1", 1_000_000, 100_000),
    ("b", "2026-10-05T12:00:00Z", "m1", 2_000_000, 0),
    ("c", "2026-10-06T12:00:00Z", "m2", 500_000, 0),
    ("d", "2026-11-01T12:00:00Z", "m3", 100, 10),
)
COSTS = "select request_id, cost, cost_status from request order by request_id"
BEFORE = [
    ("a", Decimal("1.4"), "priced"),
    ("b", Decimal(2), "priced"),
    ("c", None, "unpriced"),
    ("d", Decimal("0.0004"), "priced"),
]
AFTER = [
    ("a", Decimal("1.4"), "priced"),
    ("b", Decimal(4), "priced"),
    ("c", Decimal("0.25"), "priced"),
    ("d", Decimal("0.0004"), "priced"),
]


def call(name, at, model, tokens_in, tokens_out, **fields):
    return native(
        **{
            "request_id": f"call-{name}-0123456789abcdef",
            "timestamp": at,
            "provider": "vllm",
            "model": model,
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            **fields,
        }
    )


def costs(ledger):
    return [(name[5], cost, status) for name, cost, status in query(ledger, COSTS)]


def read_calls(folder):
    (folder / "old.yaml").write_text(OLD)
    (folder / "new.yaml").write_text(NEW)
    log = write(folder / "log.jsonl", [call(*one) for one in CALLS])
    read(folder / "ledger", log, pricing=[folder / "old.yaml"])
    assert costs(folder / "ledger") == BEFORE


@pytest.fixture
def ledger(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "reprice", read_calls), tmp_path, dirs_exist_ok=True)
    return tmp_path / "ledger"


@pytest.fixture
def request_of(ledger, tmp_path):
    return partial(RepriceRequest, ledger=ledger, price_list=load_price_list([tmp_path / "new.yaml"]))


def numbers(change):
    return change.month, change.model, change.rows, change.changed, change.old_cost, change.new_cost, change.difference


def test_the_difference_is_told_by_month_and_model_before_anything_changes(ledger, request_of):
    diff = preview(request_of())

    assert [numbers(change) for change in diff.changes] == [
        ("2026-10", "m1", 1, 1, Decimal(2), Decimal(4), Decimal(2)),
        ("2026-10", "m2", 1, 1, None, Decimal("0.25"), Decimal("0.25")),
    ]
    assert numbers(diff.total) == (None, None, 4, 2, Decimal("3.4004"), Decimal("5.6504"), Decimal("2.25"))
    assert [change.statuses for change in (*diff.changes, diff.total)] == [
        (),
        (StatusChange(before="unpriced", after="priced", rows=1),),
        (StatusChange(before="unpriced", after="priced", rows=1),),
    ]
    assert costs(ledger) == BEFORE


def test_what_was_told_is_what_is_done_and_the_list_is_recorded(ledger, request_of):
    request = request_of()
    told = preview(request)

    assert reprice(request, lambda _diff: True) == told
    assert costs(ledger) == AFTER
    assert query(ledger, "select count(*) from price_list") == [(2,)]
    assert query(
        ledger,
        "select request_id[6], price_list = $new from request join ingest using (ingest_id) order by 1".replace(
            "$new", f"'{request.price_list.version}'"
        ),
    ) == [("a", False), ("b", True), ("c", True), ("d", False)]
    assert query(ledger, "select changed, old_cost, new_cost, locked_until, locked_changed from reprice") == [
        (2, Decimal("3.4004"), Decimal("5.6504"), None, 0)
    ]


def test_a_second_time_changes_nothing_and_writes_nothing(ledger, request_of):
    reprice(request_of(), lambda _diff: True)
    content = ledger.read_bytes()

    diff = reprice(request_of(), pytest.fail)

    assert (diff.total.changed, diff.changes) == (0, ())
    assert ledger.read_bytes() == content
    assert query(ledger, "select count(*) from reprice") == [(1,)]


def test_a_refusal_changes_nothing(ledger, request_of):
    assert reprice(request_of(), lambda _diff: False).total.changed == 2
    assert costs(ledger) == BEFORE
    assert query(ledger, "select count(*) from ingest") == [(1,)]


def test_a_failure_on_the_way_changes_nothing(ledger, request_of):
    def fail(_diff):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reprice(request_of(), fail)

    assert costs(ledger) == BEFORE


def test_killed_after_writing_and_before_the_commit_leaves_the_old_costs(ledger, request_of, tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from llmcost.pricing import reprice
from llmcost.pricing import reprice as use_case
from llmcost.pricing.price_list import load_price_list
write = reprice._write
def killed(*arguments):
    write(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
reprice._write = killed
request = reprice.RepriceRequest(ledger=Path({str(ledger)!r}), price_list=load_price_list([Path({str(tmp_path / "new.yaml")!r})]))
reprice.reprice(request, lambda _diff: True)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(llmcost.__file__).parents[1])}
    was = picture(ledger, tmp_path)

    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)

    assert done.returncode == -signal.SIGKILL
    assert picture(ledger, tmp_path) == was
    reprice(request_of(), lambda _diff: True)
    assert costs(ledger) == AFTER


COPIES = 70_000


@pytest.fixture(params=["desc", pytest.param("asc", marks=pytest.mark.slow)])
def many(request, ledger):
    """Each of the calls 70,000 times, in either order: more rows than one thread takes at once."""
    with database.writing(ledger) as connection:
        connection.execute(
            f"""
            insert into request
            select request.* replace (uuid() as row_key, request_id || n as request_id, uncached_input_tokens + n as uncached_input_tokens)
            from request cross join (select unnest(range(1, {COPIES})) as n) order by n {request.param}
            """
        )
    return ledger


@pytest.mark.slow
def test_neither_threads_nor_the_order_of_rows_matter(many, request_of, monkeypatch):
    """The copies of b have 0 to 69,999 tokens more, 1 of the old list's millionths each, then 2; those of c cost 0.5 each."""
    more = sum(range(COPIES)) * Decimal("0.000001")
    # Copies of b keep the cost of the first, 2.00, until they are rated again.
    b = ("2026-10", "m1", COPIES, COPIES, Decimal(2) * COPIES, Decimal(4) * COPIES + 2 * more)
    c = ("2026-10", "m2", COPIES, COPIES, None, Decimal("0.25") * COPIES + more / 2)
    for threads in (1, 2, 8):
        with monkeypatch.context() as patch:
            patch.setattr(database, "connect", partial(database.connect, threads=threads))
            diff = preview(request_of(period=Period(since=datetime(2026, 10, 1, tzinfo=UTC)), models=["m1", "m2"]))
        assert [numbers(change)[:-1] for change in diff.changes] == [b, c]
    monkeypatch.setattr(use_case, "_SPAN_ROWS", COPIES)
    reprice(request_of(models=["m1", "m2"]), lambda _diff: True)
    assert query(many, "select sum(cost) from request where request_id[6] in ('b', 'c')") == [(b[-1] + c[-1],)]


def test_only_the_rows_in_scope_are_rated(ledger, request_of):
    october_5 = Period(since=datetime(2026, 10, 5, tzinfo=UTC), until=datetime(2026, 10, 6, tzinfo=UTC))

    assert preview(request_of(period=october_5)).total.changed == 1
    assert preview(request_of(models=["m2"])).total.rows == 1
    assert preview(request_of(where=["model in m1,m3"])).total.changed == 1
    assert preview(request_of(where=["model=m1"], models=["m2"])).total.rows == 0
    with pytest.raises(UsageError, match="nonsense"):
        preview(request_of(where=["nonsense=1"]))

    reprice(request_of(period=october_5), lambda _diff: True)
    assert costs(ledger) == [BEFORE[0], AFTER[1], *BEFORE[2:]]


def test_what_the_log_said_of_the_provider_stays(tmp_path):
    """A provider the log does not name is found by the price; with another list it may be found or lost again."""
    (tmp_path / "alias.yaml").write_text(
        f"{HEAD}  - {{id: openai/own-7b, prices: [{{rates: {{input: 1, output: 1}}}}]}}\n"
    )
    (tmp_path / "none.yaml").write_text(f"{HEAD}{M3}")
    log = write(tmp_path / "log.jsonl", [native(request_id="call-x-0123456789abcdef", model="own-7b")])
    ledger = tmp_path / "ledger"
    read(ledger, log, pricing=[tmp_path / "alias.yaml"])
    sql = "select provider, stated_provider, model, cost from request"
    assert query(ledger, sql) == [("openai", None, "own-7b", Decimal("0.00011"))]

    reprice(RepriceRequest(ledger=ledger, price_list=load_price_list([tmp_path / "none.yaml"])), lambda _diff: True)
    assert query(ledger, sql) == [(None, None, "own-7b", None)]

    reprice(RepriceRequest(ledger=ledger, price_list=load_price_list([tmp_path / "alias.yaml"])), lambda _diff: True)
    assert query(ledger, sql) == [("openai", None, "own-7b", Decimal("0.00011"))]


def lock(ledger, until):
    with database.writing(ledger) as connection:
        locks.add(connection, until, "closed", datetime(2026, 11, 20))  # noqa: DTZ001  the ledger's naive UTC


OCTOBER_6 = datetime(2026, 10, 6)  # noqa: DTZ001


def test_a_locked_period_keeps_its_cost(ledger, request_of):
    lock(ledger, OCTOBER_6)

    diff = reprice(request_of(), lambda _diff: True)

    assert (diff.locked_until, diff.locked, diff.locked_changed) == (OCTOBER_6, 2, 0)
    assert numbers(diff.total) == (None, None, 2, 1, Decimal("0.0004"), Decimal("0.2504"), Decimal("0.25"))
    assert costs(ledger) == [*BEFORE[:2], *AFTER[2:]]


def test_a_lock_can_be_overridden_which_is_recorded(ledger, request_of):
    lock(ledger, OCTOBER_6)

    diff = reprice(request_of(override_lock=True), lambda _diff: True)

    assert (diff.locked, diff.locked_changed) == (2, 1)
    assert costs(ledger) == AFTER
    with database.reading(ledger) as connection:
        (override,) = locks.overrides(connection)
    assert (override.until, override.rows) == (OCTOBER_6, 1)


def test_a_new_list_rates_no_locked_call_at_ingest_and_late_calls_are_counted(ledger, tmp_path):
    lock(ledger, datetime(2026, 11, 1))  # noqa: DTZ001
    late = write(
        tmp_path / "late.jsonl",
        [call("e", "2026-10-07T12:00:00Z", "m2", 1_000_000, 0), call("f", "2026-11-02T12:00:00Z", "m2", 2_000_000, 0)],
    )

    result = read(ledger, late, pricing=[tmp_path / "new.yaml"])

    assert (result.late, result.left_unpriced) == (1, 1)
    assert costs(ledger) == [*BEFORE, ("e", Decimal("0.5"), "priced"), ("f", Decimal(1), "priced")]
    assert read(ledger, late, pricing=[tmp_path / "new.yaml"]).late == 0


def test_the_latest_lock_in_force_counts_and_a_lifted_one_stays_on_record(ledger):
    september, october = datetime(2026, 9, 1), datetime(2026, 10, 1)  # noqa: DTZ001
    lock(ledger, september)
    lock(ledger, october)
    lock(ledger, october)
    with database.writing(ledger) as connection:
        assert locks.locked_until(connection) == october
        assert len(locks.locks(connection)) == 2
        assert locks.clear(connection, october, datetime(2026, 11, 21))  # noqa: DTZ001
        assert locks.locked_until(connection) == september
        assert not locks.clear(connection, october, datetime(2026, 11, 21))  # noqa: DTZ001
        assert [one.cleared_at is None for one in locks.locks(connection)] == [False, True]


def claiming(name, cost, model="m1", **fields):
    return call(name, "2026-10-05T12:00:00Z", model, 1_000_000, 0, reported_cost=cost, **fields)


@pytest.mark.slow
def test_a_reported_cost_is_the_bill_only_where_the_settings_say_so(tmp_path):
    """m1 asks 1.00 for each of these calls."""
    (tmp_path / "old.yaml").write_text(OLD)
    log = write(
        tmp_path / "log.jsonl",
        [
            claiming("a", "0.90", reported_by="litellm"),
            claiming("b", "0.90", reported_by="litellm", reported_currency="EUR"),
            claiming("c", "0", reported_by="litellm"),
            claiming("d", "0.90", reported_by="other"),
            claiming("e", "0.90", reported_by="litellm", model="nowhere-listed"),
        ],
    )
    ledger = tmp_path / "ledger"
    priced = [(name, Decimal(1), "priced") for name in "abcd"]
    bill = Decimal("0.9")
    read(ledger, log, pricing=[tmp_path / "old.yaml"])
    assert costs(ledger) == [*priced, ("e", None, "unpriced")]

    billed = RepriceRequest(
        ledger=ledger, price_list=load_price_list([tmp_path / "old.yaml"]), bills=frozenset({"litellm"})
    )
    diff = reprice(billed, lambda _diff: True)
    assert costs(ledger) == [("a", bill, "billed"), *priced[1:], ("e", bill, "billed")]
    assert diff.total.statuses == (
        StatusChange(before="priced", after="billed", rows=1),
        StatusChange(before="unpriced", after="billed", rows=1),
    )
    assert query(ledger, "select list_value, billed_cost from request where request_id like 'call-a-%'") == [
        (Decimal(1), None)
    ]

    fresh = tmp_path / "fresh"
    read(fresh, log, pricing=[tmp_path / "old.yaml"], bills=frozenset({"litellm"}))
    assert costs(fresh) == costs(ledger)

    reprice(RepriceRequest(ledger=ledger, price_list=billed.price_list), lambda _diff: True)
    assert costs(ledger) == [*priced, ("e", None, "unpriced")]
