"""A progress bar on stderr for long work; nothing at all in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int | None], None]


def _unseen(done: int, total: int | None) -> None:
    """Progress nobody watches."""


@contextmanager
def progress(label: str, *, enabled: bool = True) -> Iterator[Advance]:
    """Yields a function to call with what is done and what there is in all, if that is known: bytes, or rows.

    The bar goes when the block ends.
    """
    if not enabled or not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
