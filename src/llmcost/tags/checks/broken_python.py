"""A file that is no Python.

Its tags cannot be read, so nothing is known about them.

Fix: mend the file, or leave it out of the paths.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import PythonFile


def find(file: PythonFile, known: Known) -> Iterator[Problem]:
    """What the parser says."""
    for mistake in file.mistakes:
        if mistake.kind == "syntax":
            yield Problem(message=f"not Python: {mistake.message}", place=mistake.place)


check = Check(code="TG701", severity="error", of_file=find)
