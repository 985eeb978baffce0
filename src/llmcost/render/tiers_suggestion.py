"""A suggestion of plans as tables, as JSON, and as a file of plans."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import plain
from llmcost.render.surface import Surface
from llmcost.render.tiers_simulation import count, money, percent, span
from llmcost.reports.record import Column
from llmcost.tiers.contenders import LOOSER, Contender
from llmcost.tiers.market import Candidate
from llmcost.tiers.suggestion import Suggestion

Format = Literal["table", "json", "markdown", "yaml"]
FORMATS: tuple[Format, ...] = get_args(Format)
_COMPARED = ("Earlier months", "Later months", "Gain on later, 9 of 10", "Spared", "Largest rise")
_EXPENDABLE = ("Earlier months", "Largest rise")
_DEAR = Decimal("0.01")
"""A price one unit is shown at; below it, that of a thousand is."""
_NAMES = ("starter", "growth", "scale", "business", "enterprise")


def render_suggestion(found: Suggestion, format_name: Format, surface: Surface) -> str:
    """The suggestion, ending in a line break; `yaml` is a file of plans that the other commands read."""
    match format_name:
        case "json":
            return f"{dumped(_shape(found))}\n"
        case "yaml":
            return _yaml(found)
        case "markdown":
            parts = [f"### {escape(title)}\n\n{grid_table(cells)}" for title, cells in _sections(found)]
            return "\n\n".join([*parts, "\n".join(f"- {escape(line)}" for line in _facts(found))]) + "\n"
        case _:
            parts = [f"{title}\n{drawn(cells, surface, _EXPENDABLE)}" for title, cells in _sections(found)]
            told = _facts(found)
            if surface.width is not None:
                told = [line for one in told for line in wrapped(one, surface.width, "  ")]
            return "\n\n".join([*parts, "\n".join(told)]) + "\n"


def _sections(found: Suggestion) -> list[tuple[str, Grid]]:
    sections = []
    if found.plans:
        dear = any(plan.overage is not None and plan.overage >= _DEAR for plan in found.plans)
        rows = [
            (name, money(plan.price), count(plan.included), _beyond(plan, 1 if dear else 1000))
            for name, plan in zip(_NAMES, found.plans, strict=False)
        ]
        titles = ("Price", f"Included {found.meter}", "Each beyond" if dear else "Per 1,000 beyond")
        sections.append(("Suggested plans", _grid(("Plan",), titles, rows)))
    rows_ = [
        (
            f"{_way(found, one)}{' *' if one.name == found.recommended else ''}",
            money(one.fit_margin),
            money(one.test_margin),
            f"{money(one.gain.low, signed=True)} to {money(one.gain.high, signed=True)}",
            percent(one.spared),
            _rise(one.steepest),
        )
        for one in found.contenders
    ]
    sections.append(("Compared by margin (* recommended)", _grid(("Way to charge",), _COMPARED, rows_)))
    return sections


def _beyond(plan: Candidate, units: int) -> str:
    return "limit" if plan.overage is None else plain(plan.overage * units)


def _way(found: Suggestion, one: Contender) -> str:
    """What a way is called, and how to ask for it where it is not what was asked for."""
    if one.name == LOOSER:
        return f"suggested --for {_floored(one.spared)}"
    return {"keep": "today's plans", "file": "plans of the file"}.get(one.name, one.name)


def _rise(share: Decimal | None) -> str:
    """As a percentage while it is below one bill more, then as how many times the bill."""
    return percent(share, signed=True) if share is None or share < 1 else f"x{share + 1:,.1f}"


def _floored(share: Decimal) -> str:
    return f"{share * 100:.0f}%" if share * 100 == int(share * 100) else f"{int(share * 100)}%"


def _facts(found: Suggestion) -> list[str]:
    lines = [f"Recommended: {found.recommended}; {found.reason}."]
    rise, enough = _floored(found.constraints.rise), _floored(found.constraints.spared)
    lines.append(f"Spared: customers whose bill rises by {rise} at most; asked for are {enough}.")
    if dearer := [_way(found, one) for one in found.contenders if one.spared < found.constraints.spared]:
        lines.append(f"Spares fewer than asked: {', '.join(dearer)}.")
    if poorer := [
        _way(found, one) for one in found.contenders if not one.allowed and one.spared >= found.constraints.spared
    ]:
        lines.append(
            f"Leaves less than {_floored(found.constraints.margin)} of what it brings in: {', '.join(poorer)}."
        )
    if 0 < len(found.plans) < found.count:
        lines.append(f"Up to {found.count} plans were asked for; no set of more earned more.")
    if found.fit_months == found.test_months:
        lines.append("One month only: nothing was tested on months it was not fitted on.")
    else:
        lines.append(f"Fitted on {span(found.fit_months)}, judged on {span(found.test_months)}.")
    if found.sampled:
        lines.append("The search looked at a sample of the customers, the comparison at all of them.")
    return lines


def _grid(keys: tuple[str, ...], numbers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Grid:
    columns = [Column(name=title, title=title, kind="text", role="key") for title in keys]
    columns += [Column(name=title, title=title, kind="text", role="metric") for title in numbers]
    return Grid(columns=tuple(columns), headings=(*keys, *numbers), rows=tuple(rows), totals=None)


def _yaml(found: Suggestion) -> str:
    lines = [f"# {line}" for line in _facts(found)]
    if found.weights:
        weights = ", ".join(f'{name}: "{weight:f}"' for name, weight in found.weights.items())
        lines.append(f"meters: {{{found.meter}: {{{weights}}}}}")
    lines.append("plans:" if found.plans else "plans: []")
    for name, plan in zip(_NAMES, found.plans, strict=False):
        lines += [
            f"  - id: {name}",
            f'    price: "{plain(plan.price)}"',
            *_use(found.meter, plan),
        ]
    return "\n".join(lines) + "\n"


def _use(meter: str, plan: Candidate) -> list[str]:
    if plan.overage is None:
        return [f"    limits: {{{meter}: {plan.included:f}}}", "    charges: []"]
    charge = f'{{meter: {meter}, model: per_unit, unit_price: "{plan.overage:f}"}}'
    return [f"    included: {{{meter}: {plan.included:f}}}", f"    charges: [{charge}]"]


def _shape(found: Suggestion) -> dict[str, Any]:
    return {
        "schema": "llmcost/tiers-suggestion/1",
        "meter": found.meter,
        "asked": {
            "count": found.count,
            "rise": float(found.constraints.rise),
            "spared": float(found.constraints.spared),
            "min_margin": float(found.constraints.margin),
        },
        "recommended": found.recommended,
        "reason": found.reason,
        "fit_months": list(found.fit_months),
        "test_months": list(found.test_months),
        "sampled": found.sampled,
        "plans": [
            {
                "id": name,
                "price": plain(plan.price),
                "included": int(plan.included),
                "unit_price": None if plan.overage is None else plain(plan.overage),
            }
            for name, plan in zip(_NAMES, found.plans, strict=False)
        ],
        "contenders": [
            {
                "name": one.name,
                "fit_margin": plain(one.fit_margin),
                "test_margin": plain(one.test_margin),
                "spared": round(float(one.spared), 6),
                "steepest_rise": None if one.steepest is None else round(float(one.steepest), 6),
                "allowed": one.allowed,
                "gain": {
                    "value": plain(one.gain.value),
                    "low": plain(one.gain.low),
                    "p10": plain(one.gain.p10),
                    "high": plain(one.gain.high),
                },
            }
            for one in found.contenders
        ],
    }
