"""Business events are read once each, corrected by a later value, and refused with file, line and reason."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingesting import memory_ledger

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.outcome import Outcome
from llmcost.ingest.outcome_records import broken_down, outcome_of
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
from llmcost.ledger import database
from llmcost.ledger.forgetting import ForgetRequest, forget
from llmcost.ledger.outcomes import Kept, keep
from llmcost.render.outcomes import remarks

_CSV = """date,customer,feature,metric,value
2026-11-01,acme,search,engagements,120
2026-11-01,acme,,revenue,49.50
2026-11-02,globex,,revenue,20
"""


@pytest.fixture
def read(tmp_path):
    """Read a file with this content: `read("a.csv", text)`."""

    def run(name, content):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, "utf-8")
        return ingest_outcomes(OutcomeRequest(paths=[str(path)], ledger=tmp_path / "l.duckdb")).files[0]

    return run


@pytest.fixture
def stored(tmp_path):
    """What the ledger holds."""

    def rows():
        with database.reading(tmp_path / "l.duckdb") as connection:
            return connection.execute(
                "select day, dimensions, metric, value from outcome order by metric, day, dimensions"
            ).fetchall()

    return rows


def test_rows_become_outcomes_under_the_names_of_the_ledger(read, stored):
    found = read("o.csv", _CSV)

    assert (found.status, found.kept, found.rejected) == ("read", Kept(new=3), 0)
    assert stored() == [
        (date(2026, 11, 1), '{"customer_id":"acme","feature":"search"}', "engagements", Decimal(120)),
        (date(2026, 11, 1), '{"customer_id":"acme"}', "revenue", Decimal("49.5")),
        (date(2026, 11, 2), '{"customer_id":"globex"}', "revenue", Decimal(20)),
    ]


def test_the_same_content_is_known_under_any_name(read, stored):
    read("o.csv", _CSV)

    assert read("o.csv", _CSV).status == "known"
    found = read("copy.csv", _CSV)
    assert (found.status, found.kept) == ("known", Kept(known=3))
    assert len(stored()) == 3


def test_a_later_value_replaces_the_one_before_and_is_counted(read, stored):
    read("o.csv", _CSV)

    found = read("later.csv", _CSV.replace("49.50", "51.25") + "2026-11-03,acme,,revenue,1\n")

    assert found.kept == Kept(new=1, known=2, corrected=1)
    assert [row[3] for row in stored() if row[2] == "revenue"] == [Decimal("51.25"), Decimal(20), Decimal(1)]


def test_an_old_file_read_again_does_not_undo_a_correction(read, stored):
    read("o.csv", _CSV)
    read("later.csv", _CSV.replace("49.50", "51.25"))

    assert read("again.csv", _CSV).status == "known"
    assert Decimal("51.25") in [row[3] for row in stored()]


def test_a_file_without_an_unused_column_corrects_the_same_outcome(read, stored):
    read("o.csv", _CSV)

    assert read("p.csv", "date,customer_id,metric,value\n2026-11-01,acme,revenue,50\n").kept == Kept(corrected=1)
    assert len(stored()) == 3


def test_of_two_values_in_one_file_the_later_counts(read, stored):
    row = "2026-11-01,acme,,revenue,"
    found = read("o.csv", f"date,customer,feature,metric,value\n{row}1\n{row}2\n{row}2\n")

    assert found.kept == Kept(new=1, known=1, corrected=1)
    assert [row[3] for row in stored()] == [Decimal(2)]


def test_json_lines_and_parquet_say_the_same_as_csv(read, stored, tmp_path):
    record = {"date": "2026-11-01", "dimensions": {"customer_id": "acme"}, "metric": "revenue", "value": 49.5}
    assert read("o.jsonl", json.dumps(record) + "\n").kept == Kept(new=1)
    with memory_ledger() as connection:
        connection.execute(
            "copy (select date '2026-11-01' as date, 'acme' as customer_id, 'revenue' as metric, 49.5 as value) "
            f"to '{tmp_path / 'made'}' (format parquet)"
        )
    assert read("o.parquet", (tmp_path / "made").read_bytes()).kept == Kept(known=1)
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-13-01,acme,search,revenue,1", "the date is not a day such as 2026-11-01"),
        (",acme,search,revenue,1", "no date"),
        ("2026-11-01,acme,search,,1", "no metric"),
        ("2026-11-01,acme,search,revenue,", "no value"),
        ('2026-11-01,acme,search,revenue,"1,5"', "the value is not a number"),
        ("2026-11-01,acme,search,revenue,nan", "the value is not a number"),
        ("2026-11-01,acme,search,revenue,1e12", "the value is not below 10^12"),
        ("2026-11-01,acme,search", "3 cells where the header has 5"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_reason(read, tmp_path, line, reason):
    found = read("o.csv", f"date,customer,feature,metric,value\n2026-11-01,acme,search,revenue,1\n{line}\n")

    assert (found.status, found.rejected, found.kept.new) == ("partial", 1, 1)
    assert [(reject.line, reject.reason) for reject in found.rejects] == [(3, reason)]
    with database.reading(tmp_path / "l.duckdb") as connection:
        assert connection.execute("select line, reason, source from reject").fetchone()[:2] == (3, reason)


@pytest.mark.parametrize(
    ("column", "day", "warned"),
    [("plan", "2026-11-01", True), ("plan", "2026-12-01", False), ("customer", "2026-11-01", False)],
)
def test_one_metric_by_other_dimensions_on_the_same_days_is_told(tmp_path, column, day, warned):
    (tmp_path / "a.csv").write_text("date,metric,value,customer\n2026-11-01,conversions,5,acme\n", "utf-8")
    (tmp_path / "b.csv").write_text(f"date,metric,value,{column}\n{day},conversions,5,pro\n", "utf-8")
    result = ingest_outcomes(
        OutcomeRequest(paths=[str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], ledger=tmp_path / "l.duckdb")
    )

    told = [message for message, _ in remarks(result)]
    assert told == ["conversions is given by more than one set of dimensions; all of it adds up"] * warned


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("date,customer,revenue", "has no `metric`, no `value` column; it has date, customer, revenue"),
        ("when,metric,value", "has no `date` column; it has when, metric, value"),
    ],
)
def test_a_table_of_another_shape_is_one_error_that_names_its_columns(cli, tmp_path, header, says):
    (tmp_path / "good.csv").write_text(_CSV)
    (tmp_path / "bad.csv").write_text(f"{header}\n2026-11-01,acme,3\n2026-11-02,acme,4\n")
    assert "next: `llmcost report" in cli("ingest", "--source", "outcomes", "good.csv").stdout
    done = cli("ingest", "--source", "outcomes", "bad.csv")
    assert (done.code, "next:" in done.stdout) == (3, False)
    assert done.stderr.startswith(f"error: bad.csv {says}\n  hint: a line is `date`, any dimensions")
    assert len(done.stderr.splitlines()) == 2


def test_a_file_without_any_outcome_leaves_no_trace(read, tmp_path):
    assert read("o.csv", "a,b,c\n1,2,3\n").status == "unrecognised"
    assert not (tmp_path / "l.duckdb").exists()


def test_a_dimension_only_some_rows_of_a_metric_have_is_unattributed_in_the_others():
    records = [
        {"date": "2026-11-01", "metric": "revenue", "value": 1, "customer_id": "acme", "feature": ""},
        {"date": "2026-11-01", "metric": "revenue", "value": 2, "customer_id": None},
        {"date": "2026-11-01", "metric": "signups", "value": 3},
    ]

    outcomes = broken_down([outcome_of(record, DEFAULT_ATTRIBUTION) for record in records])

    assert [outcome.dimensions for outcome in outcomes] == [(("customer_id", "acme"),), (("customer_id", None),), ()]


def test_names_that_are_spelt_differently_are_one_metric():
    record = {"day": "2026-11-01T00:00:00Z", "metric": " Active Users ", "value": "12.3456785", "tags.region": "eu"}

    found = outcome_of(record, DEFAULT_ATTRIBUTION)

    assert (found.metric, found.dimensions, found.value) == (
        "active_users",
        (("region", "eu"),),
        Decimal("12.345678"),
    )


@pytest.mark.parametrize("delete", [False, True])
def test_whom_the_ledger_has_forgotten_does_not_come_back_with_outcomes(read, stored, tmp_path, delete):
    read("o.csv", _CSV.replace("acme", "acme-gmbh"))
    forget(
        ForgetRequest(
            ledger=tmp_path / "l.duckdb",
            kind="customer",
            id="acme-gmbh",
            attribution=DEFAULT_ATTRIBUTION,
            delete=delete,
        )
    )

    found = read("acme-gmbh.csv", _CSV.replace("acme", "acme-gmbh").replace("49.50", "51.25"))

    named = [row for row in stored() if "forgotten" in row[1]]
    if delete:
        assert (found.kept, named) == (Kept(known=1), [])
    else:
        # What was masked is known again, and corrected, and still masked.
        assert found.kept == Kept(known=2, corrected=1)
        assert [(row[1], row[3]) for row in named] == [
            ('{"customer_id":"forgotten","feature":"search"}', Decimal(120)),
            ('{"customer_id":"forgotten"}', Decimal("51.25")),
        ]
    assert b"acme-gmbh" not in (tmp_path / "l.duckdb").read_bytes()


_SOME = st.lists(
    st.builds(
        Outcome,
        day=st.dates(date(2026, 11, 1), date(2026, 11, 5)),
        dimensions=st.sampled_from([(), (("customer_id", "a"),), (("customer_id", "b"),), (("customer_id", None),)]),
        metric=st.sampled_from(["revenue", "signups"]),
        value=st.decimals(-1000, 1000, places=6),
    ),
    max_size=8,
    unique_by=lambda one: (one.day, one.metric, tuple(pair for pair in one.dimensions if pair[1] is not None)),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=_SOME, cut=st.integers(0, 8), data=st.data())
def test_outcomes_are_the_same_however_they_are_dealt_out_to_files(ledger, outcomes, cut, data):
    ledger.execute("delete from outcome")
    shuffled = data.draw(st.permutations(outcomes))

    first = keep(ledger, shuffled[:cut], 1)
    second = keep(ledger, shuffled[cut:], 2)
    again = keep(ledger, outcomes, 3)

    assert first.new + second.new == len(outcomes)
    assert again == Kept(known=len(outcomes))
    assert (ledger.execute("select sum(value) from outcome").fetchone()[0] or 0) == sum(one.value for one in outcomes)


def test_the_next_command_names_a_ledger_as_a_shell_reads_it(cli, tmp_path):
    (tmp_path / "good.csv").write_text(_CSV)

    done = cli("ingest", "--source", "outcomes", "good.csv", "--db", "my ledger.duckdb")

    assert "--db 'my ledger.duckdb'`" in done.stdout


def test_names_that_are_not_utf8_do_not_become_one(read, stored):
    found = read(
        "o.csv",
        b"date,customer,metric,value\n2026-11-20,M\xfcller,revenue,5\n2026-11-20,M\xf6ller,revenue,7\n"
        b"2026-11-20,acme,revenue,2\n",
    )

    why = "not UTF-8 text; save the file as UTF-8, or convert it with iconv"
    assert [(one.line, one.reason) for one in found.rejects] == [(2, why), (3, why)]
    assert [value for *_, value in stored()] == [2]
