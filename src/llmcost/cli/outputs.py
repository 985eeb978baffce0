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
        named = choice("--output-file", name, known)
        if target == "-":
            raise UsageError(f"--output-file {text}: stdout is for --format", hint=f"ask for it with --format {named}")
        pairs.append((named, Path(target)))
    return Outputs(stdout=choice("--format", on_stdout, known), files=tuple(pairs))


_OTHERWISE = {".md": "markdown", ".txt": "table", ".htm": "html"}
"""What files are also called whose ending is not their format's name."""


def format_of_file(output: Path | None, wanted: str | None, known: Sequence[_Name], usual: _Name) -> _Name:
    """The format of `--format`, else that of the ending of `--output`, else the usual one.

    Raises UsageError for a format there is not, and for an ending that is none: the file would not be what its name says.
    """
    from llmcost.domain.errors import UsageError
    from llmcost.reports.choices import choice

    if wanted is not None:
        return choice("--format", wanted, known)
    ending = "" if output is None else output.suffix
    if not ending:
        return usual
    found = next((name for name in known if name == _OTHERWISE.get(ending.lower(), ending.lower()[1:])), None)
    if found is None:
        raise UsageError(
            f"--output {output}: no format ends in {ending}",
            hint=f"name a file in {', '.join(f'.{name}' for name in known)}, or say which with --format",
        )
    return found


def written(chosen: Outputs[_Name], render: Callable[[_Name, "Surface"], str], people: _Name) -> None:
    """Write every format; `people` is the one for people, which goes to stderr when stdout has another."""
    from llmcost.cli import diagnostics
    from llmcost.render import output
    from llmcost.render.surface import Surface, surface_of

    output.write(render(chosen.stdout, surface_of(sys.stdout)))
    for name, path in chosen.files:
        output.write(render(name, Surface()), path)
    if chosen.stdout != people:
        diagnostics.drawn(render(people, surface_of(sys.stderr)))
