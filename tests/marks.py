"""Which of a test's parameters the default run takes."""

from collections.abc import Iterable
from typing import Any

import pytest


def few(values: Iterable[Any], fast: int = 1) -> list[Any]:
    """Parameters of which the default run takes the first ones, and `make test-slow` the others.

    A value that is a tuple stands for several parameters.
    """
    every = list(values)
    rest = (value if isinstance(value, tuple) else (value,) for value in every[fast:])
    return [*every[:fast], *(pytest.param(*value, marks=pytest.mark.slow) for value in rest)]
