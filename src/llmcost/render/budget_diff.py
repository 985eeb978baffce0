"""What changed since a baseline, for people, as JSON and as Markdown."""

from collections.abc import Sequence
from decimal import Decimal

from llmcost.budgets.baseline import COUNTED, Baseline, Difference
from llmcost.budgets.gate import Measured
from llmcost.domain.printable import printable
from llmcost.render.budget_json import gate, instant
from llmcost.render.budget_words import value_label
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import human, plain
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

MARKER = "<!-- llmcost:budget-diff -->"
_COLUMNS = (
    Column(name="budget", title="Budget", kind="text", role="key"),
    Column(name="before", title="Before", kind="money", role="metric"),
    Column(name="after", title="After", kind="money", role="metric"),
    Column(name="change", title="Change", kind="money", role="change"),
    Column(name="ratio", title="%", kind="percent", role="change"),
    Column(name="crossed", title="Newly reached", kind="text", role="key"),
)


def table(base: Baseline, differences: Sequence[Difference], measured: Sequence[Measured], surface: Surface) -> str:
    """The table and what fails."""
    lines = [_about(base), *_told(measured)]
    text = "\n".join(
        part for line in lines for part in ([line] if surface.width is None else wrapped(line, surface.width, "  "))
    )
    drawing = drawn(_grid(differences), surface, ("before", "ratio"))
    return f"{drawing}\n\n{text}\n"


def markdown(base: Baseline, differences: Sequence[Difference], measured: Sequence[Measured]) -> str:
    """The same for a comment on a pull request."""
    told = "\n".join(f"- {escape(line)}" for line in _told(measured))
    parts = [MARKER, "### LLM cost since the baseline", told, grid_table(_grid(differences)), escape(_about(base))]
    return "\n\n".join(part for part in parts if part) + "\n"


def json(base: Baseline, now: Baseline, differences: Sequence[Difference], measured: Sequence[Measured]) -> str:
    """The shape `llmcost/budget-diff/1`."""
    rows = [
        {
            "name": one.name,
            "unit": one.unit,
            "before": None if one.before is None else plain(one.before),
            "after": plain(one.after),
            "change": None if one.change is None else plain(one.change),
            "ratio": None if one.ratio is None else round(float(one.ratio), 6),
            "crossed": [list(values) for values in one.crossed],
        }
        for one in differences
    ]
    document = {
        "schema": "llmcost/budget-diff/1",
        "base": {"as_of": instant(base.as_of), "complete": base.complete},
        "as_of": instant(now.as_of),
        "days": base.days,
        "budgets": rows,
        "gate": [gate(one) for one in measured],
    }
    return dumped(document) + "\n"


def _grid(differences: Sequence[Difference]) -> Grid:
    return Grid(
        columns=_COLUMNS,
        headings=tuple(column.title for column in _COLUMNS),
        rows=tuple(_row(one) for one in differences),
        totals=None,
    )


def _row(one: Difference) -> tuple[str, ...]:
    ratio = None if one.ratio is None else float(one.ratio)
    return (
        "everything" if one.name is None else printable(one.name),
        "new" if one.before is None else _amount(one.before, one.unit),
        _amount(one.after, one.unit),
        "-" if one.change is None else _amount(one.change, one.unit, signed=True),
        "-" if ratio is None else human(ratio, "percent", "USD", signed=True),
        ", ".join("yes" if not values else " ".join(map(value_label, values)) for values in one.crossed),
    )


def _amount(value: Decimal, unit: str, *, signed: bool = False) -> str:
    if unit in COUNTED:
        return f"{human(value, 'count', 'USD', signed=signed)} {unit}"
    return human(value, "money", unit.upper(), signed=signed)


def _about(base: Baseline) -> str:
    return f"Each side is {base.days} whole days; the baseline is as of {base.as_of:%Y-%m-%d %H:%M} UTC."


def _told(measured: Sequence[Measured]) -> list[str]:
    word = {"failed": "failed", "not_evaluated": "not evaluated"}
    return [f"gate {one.name} {word[one.outcome]}: {printable(one.message)}" for one in measured if one.outcome != "ok"]
