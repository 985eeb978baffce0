"""Charts as inline SVG that keeps the size of its text at any width.

Lines stretch with the page in a picture of their own (`preserveAspectRatio="none"`); words stand beside it, placed in per cent.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import floor, log10

from llmcost.render.dashboard_series import Point, Series, largest
from llmcost.render.markup import Markup, joined, tag

_HEIGHT = 220
_TOP, _BOTTOM = 16, 22
"""Pixels for the label above the highest line of the grid, and for the names below."""
_PLOT = _HEIGHT - _TOP - _BOTTOM
_NAMES = 5
"""Names on the axis at most, so that they fit on a telephone."""
_SLOTS = 8
"""Columns there is room for at least: one alone is no wall."""
_WIDE = 1000
"""Units across the picture of the lines."""


def bar(share: float | None, *, target: float | None = None, track: bool = False, style: str = "") -> Markup:
    """A bar as wide as its share of the room there is; `track` shows the room, `target` marks a place in it."""
    parts = [tag("rect", class_="track", width="100%", height=6, y=2, rx=3)] if track else []
    if share is not None and share > 0:
        length = max(min(share, 1.0) * 100, 0.6)
        parts.append(tag("rect", class_=f"fill {style}".strip(), width=f"{length:.2f}%", height=6, y=2, rx=3))
    if target is not None:
        parts.append(tag("rect", class_="mark", x=f"{target * 100:.2f}%", width=2, height=10))
    return tag("svg", *parts, class_="bar", width="100%", height=10, aria_hidden="true", focusable="false")


def spread(places: Sequence[float | None]) -> Markup | None:
    """Where most values lie, from the first place over the next ones, ever thinner, to the last; each between 0 and 1."""
    known = [f"{place * 100:.2f}%" for place in places if place is not None]
    if len(known) < 2:
        return None
    parts = [tag("line", class_="range far", x1=known[0], x2=known[-1], y1=5, y2=5)]
    parts += [tag("line", class_="range far", x1=end, x2=end, y1=2, y2=8) for end in known[1:]]
    parts.append(tag("line", class_="range", x1=known[0], x2=known[1], y1=5, y2=5))
    parts.append(tag("circle", class_="dot", cx=known[0], cy=5, r=4))
    return tag("svg", *parts, class_="bar range-of", width="100%", height=10, aria_hidden="true", focusable="false")


def trend(
    identity: str,
    title: str,
    about: str,
    series: Sequence[Series],
    write: Callable[[Decimal | float | None], str],
    *,
    target: float | None = None,
    names: Sequence[tuple[int, str]] | None = None,
) -> Markup:
    """Lines over time from zero up; `write` words a value, `names` are days with what stands below them."""
    steps = ticks(max(largest(series), target or 0.0))
    top = steps[-1]
    days = [point.at for one in series for point in one.points]
    first, last = min([*days, *(day for day, _ in names or ())]), max(days)

    def across(day: int) -> float:
        return 0.5 if first == last else (day - first) / (last - first)

    def down(value: float) -> float:
        return _PLOT * (1 - value / top)

    lines = [_grid_line(_TOP + down(step), base=not step) for step in steps]
    scale = [_tick(step, _TOP + down(step), write) for step in steps[1:]]
    curves = []
    for number, one in reversed(list(enumerate(series))):
        known = [(across(point.at) * _WIDE, down(point.value)) for point in one.points if point.value is not None]
        if not known:
            continue
        path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in known)
        if number == 0:
            curves.append(tag("path", class_="area", d=f"{path}L{known[-1][0]:.1f},{_PLOT}L{known[0][0]:.1f},{_PLOT}Z"))
        curves.append(tag("path", class_=f"line s{number}", d=path, vector_effect="non-scaling-stroke"))
    picture = tag(
        "svg",
        *curves,
        y=_TOP,
        width="100%",
        height=_PLOT,
        viewBox=f"0 0 {_WIDE} {_PLOT}",
        preserveAspectRatio="none",
        overflow="visible",
    )
    aim = []
    if target is not None:
        y = _TOP + down(target)
        aim = [
            tag("line", class_="target", x1="0", x2="100%", y1=y, y2=y),
            tag("text", f"target {write(target)}", class_="aim", x="100%", y=y - 5, text_anchor="end"),
        ]
    ends = [
        tag(
            "circle",
            class_=f"dot s{number}",
            cx=f"{across(one.points[-1].at) * 100:.2f}%",
            cy=_TOP + down(one.points[-1].value),
            r=3.5,
        )
        for number, one in enumerate(series[:1])
        if one.points and one.points[-1].value is not None
    ]
    below = [_name(text, across(day)) for day, text in _few(names if names is not None else _labels(series[0]))]
    return _chart(identity, title, about, *lines, picture, *scale, *aim, *ends, *below, *_tips(series, across, write))


def columns(
    identity: str, title: str, about: str, bars: Sequence[tuple[str, str, float]], write: Callable[[float], str]
) -> Markup:
    """Columns side by side: the name below, what a pointer is told, the value."""
    steps = ticks(max((value for _, _, value in bars), default=0.0), whole=True)
    top = steps[-1]
    lines = [_grid_line(_TOP + _PLOT * (1 - step / top), base=not step) for step in steps]
    lines += [_tick(step, _TOP + _PLOT * (1 - step / top), write) for step in steps[1:]]
    width = 100 / max(len(bars), _SLOTS)
    parts = []
    for number, (_, tip, value) in enumerate(bars):
        height = _PLOT * value / top
        parts.append(
            tag(
                "rect",
                tag("title", tip),
                class_="column",
                x=f"{width * number + width * 0.12:.2f}%",
                width=f"{width * 0.76:.2f}%",
                y=_TOP + _PLOT - height,
                height=height,
            )
        )
        if value:
            x = f"{width * (number + 0.5):.2f}%"
            parts.append(
                tag("text", write(value), class_="value", x=x, y=_TOP + _PLOT - height - 4, text_anchor="middle")
            )
    step = -(-len(bars) // (_NAMES + 2))
    below = [
        tag("text", name, class_="name", x=f"{width * (number + 0.12):.2f}%", y=_HEIGHT - 5)
        for number, (name, _, _) in enumerate(bars)
        if number % step == 0
    ]
    return _chart(identity, title, about, *lines, *parts, *below)


def ticks(most: float, *, whole: bool = False) -> list[float]:
    """Nought to at least `most` in three to five even steps that people count in; `whole` numbers where asked for."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / 4
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    if whole:
        step = max(float(round(step)), 1.0)
    count = max(int(-(-most * 0.999 // step)), 1)
    return [step * number for number in range(count + 1)]


def _chart(identity: str, title: str, about: str, *parts: Markup) -> Markup:
    return tag(
        "svg",
        tag("title", title, id=f"{identity}-title"),
        tag("desc", about, id=f"{identity}-about"),
        *parts,
        class_="chart",
        role="img",
        width="100%",
        height=_HEIGHT,
        aria_labelledby=f"{identity}-title {identity}-about",
    )


def _grid_line(y: float, *, base: bool) -> Markup:
    return tag("line", class_="grid base" if base else "grid", x1="0", x2="100%", y1=y, y2=y)


def _tick(value: float, y: float, write: Callable[[float], str]) -> Markup:
    return tag("text", write(value), class_="name", x="0", y=y - 4)


def _name(text: str, place: float) -> Markup:
    anchor = "start" if place < 0.06 else "end" if place > 0.94 else "middle"
    return tag("text", text, class_="name", x=f"{place * 100:.2f}%", y=_HEIGHT - 5, text_anchor=anchor)


def _labels(series: Series) -> list[tuple[int, str]]:
    return [(point.at, _without_year(point.label)) for point in series.points]


def _without_year(label: str) -> str:
    """A day or a week within its year; a month keeps its year."""
    return label[5:] if len(label) > len("2026-11") else label


def _few(names: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The last and so many before it, evenly apart."""
    step = -(-len(names) // _NAMES)
    return list(names[::-1][::step][::-1]) if names else []


def _tips(
    series: Sequence[Series], across: Callable[[int], float], write: Callable[[Decimal | float | None], str]
) -> list[Markup]:
    """What a pointer is told over each day: an invisible column with the values there."""
    days = sorted({point.at for one in series for point in one.points})
    parts = []
    for number, day in enumerate(days):
        before, after = days[max(number - 1, 0)], days[min(number + 1, len(days) - 1)]
        left, right = (across(before) + across(day)) / 2, (across(day) + across(after)) / 2
        there = [(one, point) for one in series for point in one.points if point.at == day]
        words = joined(*(_told(one, point, write, alone=len(series) == 1) for one, point in there), between="\n")
        parts.append(
            tag(
                "rect",
                tag("title", words),
                class_="tip",
                x=f"{left * 100:.2f}%",
                width=f"{max(right - left, 0.002) * 100:.2f}%",
                y=_TOP,
                height=_PLOT,
            )
        )
    return parts


def _told(one: Series, point: Point, write: Callable[[Decimal | float | None], str], *, alone: bool) -> str:
    """A value in words, named where the day does not say which line it is on."""
    named = alone or point.label.startswith(one.name)
    return f"{point.label}{'' if named else f', {one.name.lower()}'}: {write(point.value)}"
