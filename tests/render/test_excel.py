"""Excel files hold text as text and numbers as numbers."""

import builtins
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests import hostile
from tests.exporting import chosen, question

from llmcost.domain.errors import UsageError
from llmcost.domain.printable import printable
from llmcost.ledger.database import reading
from llmcost.render import excel
from llmcost.reports.catalogue import named_report
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Surroundings

pytest.importorskip("xlsxwriter")
openpyxl = pytest.importorskip("openpyxl")


def _cells(path, sheet):
    book = openpyxl.load_workbook(path)
    rows = list(book[sheet].iter_rows())
    names = [cell.value for cell in rows[0]]
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


@pytest.fixture
def filled(ledger):
    hostile.fill(ledger)
    return ledger


def test_a_report_has_its_numbers_and_what_they_are_made_of(filled, tmp_path):
    excel.written(cost_by(filled, question(by=("customer_id",), top=2)), tmp_path / "a.xlsx")

    rows = _cells(tmp_path / "a.xlsx", "Report")
    assert len(rows) == 3
    assert [row["cost"].value for row in rows] == [1, 1, len(hostile.NAMES) - 2]
    assert rows[2]["other"].value == "true"
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["Report", "About"]


def test_no_name_is_a_formula_or_a_link_in_a_report(filled, tmp_path):
    excel.written(cost_by(filled, question(by=hostile.DIMENSIONS)), tmp_path / "a.xlsx")

    rows = _cells(tmp_path / "a.xlsx", "Report")
    shown = {printable(name) for name in hostile.NAMES.values()}
    for dimension in hostile.DIMENSIONS:
        cells = [row[dimension] for row in rows]
        assert {cell.data_type for cell in cells} == {"s"}
        assert not any(cell.hyperlink for cell in cells)
        assert not any(hostile.COMMANDS.search(cell.value) for cell in cells)
        # Excel takes _xHHHH_ for a character; the file has the escape of its first underscore.
        assert {cell.value.replace("_x005F_", "_") for cell in cells} == {
            name if len(name) <= 32767 else f"{name[:32766]}…" for name in shown
        }


def test_no_name_is_a_formula_in_requests(filled, tmp_path):
    assert excel.export_sheets(filled, chosen(filled), tmp_path / "a.xlsx", "requests_v1") == len(hostile.NAMES)

    rows = _cells(tmp_path / "a.xlsx", "Requests")
    for row in rows:
        assert {row[name].data_type for name in hostile.DIMENSIONS} == {"s"}
        assert not any(hostile.COMMANDS.search(row[name].value) for name in (*hostile.DIMENSIONS, "tags"))
        assert (row["cost"].data_type, row["cost"].value) == ("n", 1)
    assert rows[0]["started_at"].value == datetime(2026, 11, 1, 10)  # noqa: DTZ001  Excel knows no time zones


def test_a_full_sheet_is_followed_by_another(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "ROWS", 20)
    excel.export_sheets(filled, chosen(filled), tmp_path / "a.xlsx", "native")

    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["Requests", "Requests 2"]
    counts = [len(_cells(tmp_path / "a.xlsx", name)) for name in ("Requests", "Requests 2")]
    assert counts == [19, len(hostile.NAMES) - 19]


def test_the_same_ledger_gives_the_same_bytes(filled, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        excel.export_sheets(filled, chosen(filled), tmp_path / name, "native")

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, ("b", True)),
        (12, ("n", 12)),
        (Decimal("-0.000000000001"), ("n", -1e-12)),
        (2**53, ("s", "9007199254740992")),
        ({"a": "=1"}, ("s", '{"a": "=1"}')),
        (datetime(2026, 11, 1, 10, 30, tzinfo=UTC), ("d", datetime(2026, 11, 1, 10, 30))),  # noqa: DTZ001  see above
    ],
)
def test_each_kind_of_value_is_a_cell_of_its_kind(tmp_path, value, expected):
    with excel._workbook(tmp_path / "a.xlsx") as book:
        excel._sheets(book, "One", ["value"], [""], [(value,)])

    (row,) = _cells(tmp_path / "a.xlsx", "One")
    assert (row["value"].data_type, row["value"].value) == expected


def test_without_the_extra_the_error_says_how_to_get_it(ledger, tmp_path, monkeypatch):
    present = builtins.__import__

    def absent(name, *rest):
        if name == "xlsxwriter":
            raise ImportError(name)
        return present(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError) as failure:
        excel.export_sheets(ledger, chosen(ledger), tmp_path / "a.xlsx", "native")
    assert failure.value.hint == "pip install 'llmcost[excel]'"


def test_a_named_report_has_a_sheet_for_each_table_and_its_facts(calls, tmp_path):
    with reading(calls) as ledger:
        study = named_report(ledger, "concentration", question(), Surroundings())
    excel.written(study, tmp_path / "a.xlsx")

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == [*(sheet.name for sheet in study.sheets), "About"]
    assert [cell.value for cell in next(book[study.sheets[0].name].iter_rows())] == [
        column.name for column in study.sheets[0].columns
    ]
    told = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    for fact in study.facts:
        assert told[fact.title] == pytest.approx(float(fact.value))


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_a_report_goes_to_a_file_as_it_ends(cli, calls, tmp_path, ending):
    run = cli("report", "--by", "model", "--db", calls, "--output", f"a.{ending}")

    assert (run.code, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / f"a.{ending}").read_bytes()[:2] == {"xlsx": b"PK", "parquet": b"PA"}[ending]


@pytest.mark.parametrize("command", [("report",), ("export", "requests"), ("export", "focus")])
def test_an_excel_file_is_not_written_to_stdout(cli, calls, command):
    run = cli(*command, "--db", calls, "--format", "xlsx")

    assert run.code == 2
    assert "name" in run.stderr
    assert "--output" in run.stderr


def test_a_long_table_tells_how_far_it_is(tmp_path, monkeypatch):
    told = []

    @contextmanager
    def watched(label):
        yield lambda done, total: told.append((label, done, total))

    monkeypatch.setattr(excel, "progress", watched)
    rows = [(n,) for n in range(2001)]
    assert excel.excel_table("Requests", ["n"], rows, tmp_path / "a.xlsx") == 2001
    assert excel.excel_table("Requests", ["n"], iter(rows[:1]), tmp_path / "b.xlsx") == 1

    assert told == [("writing", 0, 2001), ("writing", 1000, 2001), ("writing", 2000, 2001), ("writing", 0, None)]
