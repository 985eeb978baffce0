"""Dashboards on a terminal, and as plain text in a pipe, where nothing is drawn."""

from dataclasses import replace

from llmcost.domain.printable import printable
from llmcost.render.cells import Grid
from llmcost.render.dashboard_cells import figure_text, notes_of, panel_grid, sentence
from llmcost.render.dashboard_series import Series, largest, series_of
from llmcost.render.dashboard_shares import change_of, shares_of
from llmcost.render.drawing import drawn, fits, wrapped
from llmcost.render.footer import footer, span
from llmcost.render.marks import bar, line, meter
from llmcost.render.numbers import UNKNOWN, human
from llmcost.render.surface import Surface
from llmcost.render.visible import width
from llmcost.reports.dashboard import Dashboard, Panel
from llmcost.reports.record import Column

_DRAWN = Column(name="drawn", title="", kind="text", role="key")
_MOST, _LEAST = 40, 8
"""Cells of a bar."""
_GAP = 3
_ESSENTIAL = ("cost", "unpriced_requests")


def table(board: Dashboard, surface: Surface, unicode: bool) -> str:  # noqa: FBT001  called by the name of its format
    """The panels below each other, and below them what they are made of."""
    total = board.total
    period = span(total.period, total.zone)
    heading = f"{board.title}, {period}" if total.period.since is not None else board.title
    parts = ["\n".join(_bold(part, surface) for part in _fitted(heading, surface))]
    parts += ["\n".join(_panel(board, panel, surface, unicode=unicode)) for panel in board.panels]
    notes = [part for text in footer(total) for part in _fitted(text, surface)]
    return "\n\n".join([*parts, "\n".join(notes)]) + "\n"


def _panel(board: Dashboard, panel: Panel, surface: Surface, *, unicode: bool) -> list[str]:
    currency = board.total.currency
    if panel.kind == "figures":
        return _figures(panel, currency, surface)
    lines = [_bold(part, surface) for part in _fitted(panel.title, surface)]
    if panel.empty:
        return [*lines, *_fitted(sentence(panel.empty), surface)]
    lines += _fitted(panel.about, surface) if panel.about else []
    cells = _trend(panel, currency, surface, unicode=unicode) if panel.kind == "trend" else panel_grid(panel, currency)
    if panel.kind in {"bars", "gauge", "histogram"}:
        cells = _with_bars(panel, cells, surface, unicode=unicode)
    expendable = [
        column.name
        for column in cells.columns
        if column.role != "key" and column.name not in {panel.measure, *_ESSENTIAL}
    ]
    lines.append(drawn(cells, surface, expendable))
    if len(panel.rows) < panel.row_count and panel.kind != "trend":
        lines.append(f"{len(panel.rows):,} of {panel.row_count:,} shown.")
    return [*lines, *(part for note in notes_of(panel) for part in _fitted(note, surface))]


def _figures(panel: Panel, currency: str, surface: Surface) -> list[str]:
    """The numbers beside each other, each under its name, in as many lines as it takes."""
    row = panel.rows[0]
    tiles = []
    for column, value in zip(panel.columns, row.cells, strict=True):
        if column.role == "change":
            continue
        change = change_of(panel, column)
        text = figure_text(value, column, currency)
        tiles.append((printable(column.title), text if change is None else f"{text} ({change})"))
    lines: list[str] = []
    while tiles:
        taken = 1
        while taken < len(tiles) and (surface.width is None or _across(tiles[: taken + 1]) <= surface.width):
            taken += 1
        sizes = [max(map(width, tile)) + _GAP for tile in tiles[:taken]]
        for part in range(2):
            text = "".join(
                f"{tile[part]}{' ' * (size - width(tile[part]))}" for tile, size in zip(tiles, sizes, strict=False)
            )
            lines.append(_bold(text.rstrip(), surface) if part else text.rstrip())
        tiles = tiles[taken:]
        if tiles:
            lines.append("")
    return [*lines, *(part for note in notes_of(panel) for part in _fitted(note, surface))]


def _across(tiles: list[tuple[str, str]]) -> int:
    return sum(max(map(width, tile)) for tile in tiles) + _GAP * (len(tiles) - 1)


def _with_bars(panel: Panel, cells: Grid, surface: Surface, *, unicode: bool) -> Grid:
    """The grid with a bar behind the names of the rows, where there is room."""
    if surface.width is None:
        return cells
    size = min(_MOST, surface.width // 4)
    shares = shares_of(panel)
    if panel.kind == "gauge":
        bars = [meter(share, size, target=panel.target, unicode=unicode) for share in shares]
    else:
        bars = [bar(share, size, unicode=unicode) for share in shares]
    wide = _inserted(cells, bars)
    return wide if size >= _LEAST and any(bars) and fits(wide, surface) else cells


def _inserted(cells: Grid, bars: list[str]) -> Grid:
    def put(texts: tuple[str, ...], drawn_text: str) -> tuple[str, ...]:
        return (texts[0], drawn_text, *texts[1:])

    return replace(
        cells,
        columns=(cells.columns[0], _DRAWN, *cells.columns[1:]),
        headings=put(cells.headings, ""),
        rows=tuple(put(row, text) for row, text in zip(cells.rows, bars, strict=True)),
        totals=None if cells.totals is None else put(cells.totals, ""),
    )


def _trend(panel: Panel, currency: str, surface: Surface, *, unicode: bool) -> Grid:
    """A line of blocks for each series, and the values that matter on it."""
    series = series_of(panel)
    most = largest(series)
    room = None if surface.width is None else max(surface.width // 3, 12)
    columns = [Column(name="series", title="", kind="text", role="key")]
    values = ("Latest",) if panel.cumulative else ("First", "Lowest", "Highest", "Latest")
    if room is not None:
        columns.append(_DRAWN)
    columns += [Column(name=name.lower(), title=name, kind=series[0].column.kind, role="metric") for name in values]
    rows = []
    for one in series:
        known = [point for point in one.points if point.value is not None]
        picked = (
            [
                known[0],
                min(known, key=lambda point: point.value or 0),
                max(known, key=lambda point: point.value or 0),
                known[-1],
            ]
            if known
            else []
        )
        texts = [human(point.text, one.column.kind, currency) for point in picked] or [UNKNOWN] * 4
        drawing = (
            []
            if room is None
            else [line(_thinned(one, room), most=most if panel.whole is None else panel.whole, unicode=unicode)]
        )
        rows.append((one.name, *drawing, *(texts[-1:] if panel.cumulative else texts)))
    return Grid(
        columns=tuple(columns), headings=tuple(column.title for column in columns), rows=tuple(rows), totals=None
    )


def _thinned(series: Series, room: int) -> list[float | None]:
    """The last of every so many values, so that they fit."""
    values = [point.value for point in series.points]
    step = -(-len(values) // room)
    return values[::-1][::step][::-1] if step > 1 else values


def _bold(text: str, surface: Surface) -> str:
    return f"\x1b[1m{text}\x1b[0m" if surface.color else text


def _fitted(text: str, surface: Surface) -> list[str]:
    text = printable(text)
    return [text] if surface.width is None else wrapped(text, surface.width, "  ")
