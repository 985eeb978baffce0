"""A header of tags whose value is no JSON object.

A gateway drops what it cannot read, and the request is nobody's.

Fix: write it with `json.dumps({...})`.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import PythonFile


def find(file: PythonFile, known: Known) -> Iterator[Problem]:
    """Headers that could not be read."""
    for mistake in file.mistakes:
        if mistake.kind == "json":
            yield Problem(message=mistake.message, place=mistake.place, help="write it with json.dumps({...})")


check = Check(code="TG702", severity="error", of_file=find)
