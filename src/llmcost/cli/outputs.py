"""Several formats in one run: one on stdout, others in files, and people told on stderr when stdout is for machines."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from llmcost.render.surface import Surface


_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True, kw_only=True)
class Outputs(Generic[_Name]):
    """What goes where."""

    stdout: _Name
    files: tuple[tuple[_Name, Path], ...]


def chosen_formats(on_stdout: str, files: Sequence[str] | None, known: Sequence[_Name]) -> Outputs[_Name]:
    """The formats of `--format` and of each `--output-file FORMAT=PATH`; UsageError for one there is not."""
    from llmcost.domain.errors import UsageError
    from llmcost.reports.choices import choice

    pairs = []
    for text in files or ():
        name, found, target = text.partition("=")
        if not found or not target:
            raise UsageError(
                f"--output-file {text!r} is not FORMAT=PATH", hint=f"such as --output-file {known[1]}=out.{known[1]}"
            )
        pairs.append((choice("--output-file", name, known), Path(target)))
    return Outputs(stdout=choice("--format", on_stdout, known), files=tuple(pairs))


def written(chosen: Outputs[_Name], render: Callable[[_Name, "Surface"], str], people: _Name) -> None:
    """Write every format; `people` is the one for people, which goes to stderr when stdout has another."""
    from llmcost.cli import diagnostics
    from llmcost.render import output
    from llmcost.render.surface import Surface, surface_of

    output.write(render(chosen.stdout, surface_of(sys.stdout)))
    for name, path in chosen.files:
        output.write(render(name, Surface()), path)
    if chosen.stdout != people:
        diagnostics.lines(render(people, surface_of(sys.stderr)))
