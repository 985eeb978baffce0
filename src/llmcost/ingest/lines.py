"""The lines of a file by number, told apart by newlines alone."""

from collections.abc import Iterator, Sequence
from typing import IO

from llmcost.ingest.files import LogFile
from llmcost.ingest.formats import DamageError, is_damage

Line = tuple[int, bytes, bool]
"""Line number from 1, the line, and whether it ended in a newline."""

_BLOCK = 256 * 1024
"""Small enough that of the blocks with a line that is looked for, little else is taken apart."""
_KEPT_BYTES = 16 * 1024 * 1024
"""Most that is held of the lines looked for, and of one line; a file with more is walked line by line."""


def numbered_lines(stream: IO[bytes]) -> Iterator[Line]:
    """Every non-blank line.

    Raises DamageError where the content can no longer be decompressed.
    """
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield number, line, line.endswith(b"\n")
    except Exception as error:
        if is_damage(error):
            raise DamageError(number + 1) from error
        raise


def lines_at(file: LogFile, ordinals: Sequence[int], rows: int) -> Iterator[Line]:
    """The non-blank lines with these ordinals, which ascend and count from 1; `rows` is how many there are.

    Where a file has as many lines as that, none is blank and newlines can be counted by the block. That only shows at its
    end, so that up to there the lines are kept.
    """
    found = _by_newlines(file, ordinals, rows)
    if found is not None:
        yield from found
        return
    wanted = iter(ordinals)
    next_one = next(wanted, None)
    with file.open() as stream:
        for ordinal, line in enumerate(numbered_lines(stream), 1):
            if ordinal == next_one:
                yield line
                next_one = next(wanted, None)
                if next_one is None:
                    return


def _by_newlines(file: LogFile, ordinals: Sequence[int], rows: int) -> list[Line] | None:
    """Those lines if no line of the file is blank; None when one is, or when there are too many to keep."""
    found: list[Line] = []
    number, rest, kept = 0, b"", 0
    try:
        with file.open() as stream:
            while block := stream.read(_BLOCK):
                last = number + block.count(b"\n")
                if len(found) < len(ordinals) and ordinals[len(found)] <= last:
                    lines = (rest + block).split(b"\n")
                    while len(found) < len(ordinals) and (wanted := ordinals[len(found)]) <= last:
                        line = lines[wanted - number - 1] + b"\n"
                        found.append((wanted, line, True))
                        kept += len(line)
                    rest = lines[-1]
                else:
                    end = block.rfind(b"\n")
                    rest = rest + block if end < 0 else block[end + 1 :]
                number = last
                if kept + len(rest) > _KEPT_BYTES:
                    return None
    except Exception as error:
        if is_damage(error):
            return None
        raise
    if rest:
        number += 1
        if len(found) < len(ordinals) and ordinals[len(found)] == number:
            found.append((number, rest, False))
    return found if number == rows and len(found) == len(ordinals) else None
