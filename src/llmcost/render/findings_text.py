"""Findings for people: a line each, or the source line with a caret under the very value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.visible import width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.domain.finding import Finding, Findings, Place
    from llmcost.render.surface import Surface

_COLOURS = {"error": "31;1", "warning": "33;1", "info": "36;1"}
_WIDEST = 120
"""Cells of a source line that are shown where the width is unknown."""


def concise(found: Findings, surface: Surface) -> str:
    """`file:line:column: severity CODE name: message`, one line each."""
    return "".join(f"{_coloured(_headline(one), one, surface)}\n" for one in found.findings)


def full(found: Findings, surface: Surface) -> str:
    """Each with its source lines, what else belongs to it, and the next step."""
    return "\n".join("\n".join(_block(one, found, surface)) + "\n" for one in found.findings)


def summary(found: Findings) -> str:
    """Such as `2 errors and 1 warning in 3 files; 1 can be mended with --fix`."""
    counts = {name: sum(one.severity == name for one in found.findings) for name in ("error", "warning", "info")}
    words = [plural(count, name, "infos" if name == "info" else None) for name, count in counts.items() if count]
    where = f"in {plural(len(found.checked), 'file')}"
    parts = (
        [f"{' and '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)} {where}"] if words else []
    )
    if not words:
        parts.append(f"nothing found {where}")
    safe = sum(one.fix is not None and one.fix.safe for one in found.findings)
    unsafe = sum(one.fix is not None and not one.fix.safe for one in found.findings)
    if safe:
        parts.append(f"{safe:,} can be mended with --fix")
    if unsafe:
        parts.append(f"{unsafe:,} {'more' if safe else 'can be mended'} with --fix --unsafe-fixes")
    if found.suppressed:
        parts.append(f"{plural(found.suppressed, 'finding')} silenced by comments")
    return "; ".join(parts)


def _headline(one: Finding) -> str:
    place = f"{printable(one.place.file)}:{one.place.line}:{one.place.column}:"
    mark = " [*]" if one.fix is not None else ""
    sure = " (maybe)" if one.confidence == "maybe" else ""
    return f"{place} {one.severity} {one.code} {one.name}{sure}:{mark} {printable(one.message)}"


def _coloured(line: str, one: Finding, surface: Surface) -> str:
    """A headline, or its first line, with place and severity painted."""
    place, _, rest = line.partition(f" {one.severity} {one.code} ")
    if not surface.color or not rest:
        return line
    kind = _painted(f"{one.severity} {one.code}", _COLOURS[one.severity], surface)
    return f"{_painted(place, '1', surface)} {kind} {rest}"


def _block(one: Finding, found: Findings, surface: Surface) -> Iterator[str]:
    yield from (_coloured(line, one, surface) for line in _wrapped(_headline(one), surface, "  "))
    lines = found.sources.get(one.place.file, ())
    marks = [(one.place, "^", "")] + [(other.place, "-", other.message) for other in one.related]
    marks = [mark for mark in marks if mark[0].file == one.place.file and mark[0].line <= len(lines)]
    gutter = max((len(str(place.line)) for place, _, _ in marks), default=1)
    if marks:
        yield f"{' ' * gutter} |"
    before = None
    for place, sign, label in sorted(marks, key=lambda mark: (mark[0].line, mark[0].column)):
        if before is not None and place.line > before + 1:
            yield f"{' ' * gutter} :"
        room = (surface.width or _WIDEST) - gutter - 3
        text, start, count = _cut(lines[place.line - 1], place, max(room, 20))
        if place.line != before:
            yield f"{place.line:>{gutter}} | {text}".rstrip()
        under = f"{' ' * start}{sign * count}{f' {printable(label)}' if label else ''}"
        colour = _COLOURS[one.severity] if sign == "^" else "34;1"
        yield f"{' ' * gutter} | {_painted(under, colour, surface)}"
        before = place.line
    if one.help is not None:
        yield from _wrapped(f"{' ' * gutter} = help: {printable(one.help)}", surface, " " * (gutter + 9))
    if one.fix is not None:
        flags = "--fix" if one.fix.safe else "--fix --unsafe-fixes"
        yield from _wrapped(f"{' ' * gutter} = fix: {printable(one.fix.title)} ({flags})", surface, " " * (gutter + 8))


def _cut(line: str, place: Place, room: int) -> tuple[str, int, int]:
    """A source line as shown, and where in it the marks start and how many they are."""
    shown = [printable(character) if character != "\t" else "    " for character in line]
    first = place.column - 1
    last = place.end_column - 1 if place.end_line == place.line else len(shown)
    start, end = _cells(shown[:first]), _cells(shown[: max(last, first)])
    total = _cells(shown)
    if total > room:
        shown, start, end = _window(shown, start, end, room)
    return "".join(shown), start, max(end - start, 1)


def _window(shown: list[str], start: int, end: int, room: int) -> tuple[list[str], int, int]:
    """The part of a long line around its marks, with dots where it was cut."""
    skipped = max(0, min(start - room // 3, _cells(shown) - room + 3))
    kept: list[str] = []
    left = 0
    for character in shown:
        if left < skipped:
            left += width(character)
            continue
        kept.append(character)
    dots = 3 if left else 0
    cells = dots
    fitting: list[str] = []
    for place, character in enumerate(kept):
        cells += width(character)
        if cells > room - 3 and place < len(kept) - 1:
            fitting.append("...")
            break
        fitting.append(character)
    moved = start - left + dots
    return ["..." if dots else "", *fitting], moved, min(moved + end - start, room)


def _cells(characters: list[str]) -> int:
    return sum(map(width, characters))


def _wrapped(line: str, surface: Surface, indent: str) -> list[str]:
    import textwrap

    if surface.width is None:
        return [line]
    return textwrap.wrap(
        line,
        surface.width,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
        drop_whitespace=True,
    )


def _painted(text: str, colour: str, surface: Surface) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if surface.color else text
