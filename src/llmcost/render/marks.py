"""Bars and lines drawn with characters."""

from collections.abc import Sequence

_EIGHTHS = "▏▎▍▌▋▊▉█"
_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.-=+*%#"
_TRACK, _MARK = "░", "│"
_ASCII_FULL, _ASCII_TRACK, _ASCII_MARK = "#", ".", "|"


def bar(share: float | None, size: int, *, unicode: bool = True) -> str:
    """A bar of at most `size` cells; anything above nothing shows."""
    if share is None or share <= 0:
        return ""
    eighths = max(round(min(share, 1.0) * size * 8), 1)
    if not unicode:
        return _ASCII_FULL * max(eighths // 8, 1)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")


def meter(share: float | None, size: int, *, target: float | None = None, unicode: bool = True) -> str:
    """A bar on its track, with a mark at the target."""
    full, track, mark = ("█", _TRACK, _MARK) if unicode else (_ASCII_FULL, _ASCII_TRACK, _ASCII_MARK)
    filled = 0 if not share or share < 0 else max(int(min(share, 1.0) * size), 1)
    cells = [full] * filled + [track] * (size - filled)
    if target is not None:
        cells[min(int(target * size), size - 1)] = mark
    return "".join(cells)


def line(values: Sequence[float | None], *, most: float | None = None, unicode: bool = True) -> str:
    """A block for each value, from nothing to `most` (the largest, if that is not said); a space where there is none."""
    blocks = _BLOCKS if unicode else _ASCII_BLOCKS
    largest = most if most is not None else max((value for value in values if value is not None), default=0)
    return "".join(
        " "
        if value is None
        else blocks[min(int(max(value, 0) / largest * len(blocks)), len(blocks) - 1)]
        if largest
        else blocks[0]
        for value in values
    )
