"""What our pages say that the code says too: written by `make docs`, compared by `make docs-check`.

Whole pages of docs/reference, the output of every command in a console block of any page, and pictures of terminals.
"""  # noqa: INP001  a script

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pictures
import transcripts

REFERENCE = Path(__file__).parent / "reference"
NOTICE = "<!-- written by docs/generate.py: change the code it describes, then run `make docs` -->\n"


def pages() -> dict[Path, str]:
    """Every generated page, by its path below docs/reference."""
    # Help is folded to the terminal; the page is always of the same one.
    with patch.dict(os.environ, {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}):
        cli = "\n".join(_cli())
    found = {
        Path("cli.md"): cli,
        Path("dimensions.md"): "\n".join(_dimensions()),
        Path("metrics.md"): "\n".join(_metrics()),
        Path("sources.md"): "\n".join(_sources()),
        **{Path("sources") / f"{name}.md": page for name, page in _source_pages()},
        Path("checks.md"): "\n".join(_checks()),
    }
    return {path: text.rstrip("\n") + "\n" for path, text in found.items()}


def stale(folder: Path = REFERENCE) -> list[str]:
    """What differs from `pages`: pages to write anew, and pages nothing generates any more."""
    wanted = pages()
    wrong = [str(path) for path, text in wanted.items() if not _is(folder / path, text)]
    return sorted(
        wrong + [str(path.relative_to(folder)) for path in _written(folder) if path.relative_to(folder) not in wanted]
    )


def write(folder: Path = REFERENCE) -> None:
    """Write every page and remove those nothing generates any more."""
    wanted = pages()
    for path in _written(folder):
        if path.relative_to(folder) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def commands() -> Iterator[tuple[str, str]]:
    """(command line, its help) of every command and group, in the order of the help."""
    from typer.main import get_command

    from llmcost.cli.app import build

    yield from _below("llmcost", get_command(build()), None)


def _below(line: str, command: Any, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.make_context(line.rsplit(maxsplit=1)[-1], [], parent=parent, resilient_parsing=True)
    yield line, command.get_help(context)
    for name, child in getattr(command, "commands", {}).items():
        yield from _below(f"{line} {name}", child, context)


def _cli() -> Iterator[str]:
    yield "# Command line"
    yield ""
    yield NOTICE
    yield "Exit codes: [exit-codes.md](exit-codes.md). Every command prints its own help with `-h`."
    for line, text in commands():
        yield ""
        yield f"{'###' if line.count(' ') > 1 else '##'} {line}"
        yield ""
        yield "```text"
        yield text.rstrip()
        yield "```"


def _dimensions() -> Iterator[str]:
    from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
    from llmcost.ledger.dimensions import dimension, dimension_names

    found = [dimension(name) for name in dimension_names()]
    yield "# Dimensions"
    yield ""
    yield NOTICE
    yield "What `--by` groups by and `--where` filters by. Any other name is a tag; `tags.NAME` is always the tag. A request"
    yield "without a value is `(unattributed)` in tables and null in JSON."
    yield ""
    yield from _table("Dimension", "Meaning", [(d.name, d.meaning) for d in found if "grain" not in d.notes])
    yield ""
    yield "## Time"
    yield ""
    yield "Buckets of the time a call began, in the reporting time zone (`--tz`, UTC by default)."
    yield ""
    yield from _table("Grain", "Meaning", [(d.name, d.meaning) for d in found if "grain" in d.notes])
    yield ""
    yield "## Which tags fill them"
    yield ""
    yield "The first tag that is present and not empty wins; `attribution:` in [llmcost.yaml](configuration.md) changes it."
    yield ""
    rows = [(name, ", ".join(f"`{key}`" for key in keys)) for name, keys in DEFAULT_ATTRIBUTION.items()]
    yield from _table("Dimension", "Tags", rows)


def _metrics() -> Iterator[str]:
    from llmcost.ledger.metrics import metric, metric_names

    found = [metric(name) for name in metric_names()]
    yield "# Metrics"
    yield ""
    yield NOTICE
    yield "The numbers `--metrics` shows, and how they are read. The values of additive metrics add up over disjoint groups, so"
    yield "that a table's rows are its total; those of others do not."
    yield ""
    yield "| Metric | Kind | Additive | Meaning |"
    yield "| --- | --- | --- | --- |"
    for m in found:
        yield f"| `{m.name}` | {m.kind} | {'yes' if m.additive else 'no'} | {m.meaning} |"


def _sources() -> Iterator[str]:
    from llmcost.ingest.registry import all_sources

    yield "# Sources"
    yield ""
    yield NOTICE
    yield "What `llmcost ingest` reads. A record is recognised by its shape, not by the name of its file; `llmcost sources detect"
    yield "FILE` tells what a file is. Bodies of providers are found at the root of a record or inside a log's own envelope."
    yield ""
    yield "| Source | Reads | In an envelope |"
    yield "| --- | --- | --- |"
    for name, source in all_sources().items():
        yield f"| [{name}](sources/{name}.md) | {source.title} | {'yes' if source.body else ''} |"


def _source_pages() -> Iterator[tuple[str, str]]:
    from llmcost.ingest.detection import about, keys_of
    from llmcost.ingest.registry import all_sources

    for name, source in all_sources().items():
        lines = [f"# {name}: {source.title}", "", NOTICE, about(name)]
        if source.body:
            lines += ["", 'Also found inside a log\'s own envelope, such as `{"ts": .., "response": {..}}`.']
        for heading, words in (("Columns it fills", sorted(source.fields)), ("Keys it reads", keys_of(source))):
            if words:
                lines += ["", f"## {heading}", "", ", ".join(f"`{word}`" for word in words)]
        yield name, "\n".join(lines)


def _checks() -> Iterator[str]:
    from llmcost.quota.check import catalogue

    rules = catalogue()
    yield "# Checks of limits"
    yield ""
    yield NOTICE
    yield "What [`llmcost quota check`](../how-to/check-quotas.md) looks for. `maybe` depends on something that is not in the file and"
    yield "never fails a job; `info` runs with `--pedantic`."
    yield ""
    yield "| Check | Name | Severity | |"
    yield "| --- | --- | --- | --- |"
    for rule in rules:
        sure = "" if rule.confidence == "proved" else f", {rule.confidence}"
        anchor = f"{rule.code} {rule.name}".lower().replace(" ", "-")
        yield f"| [{rule.code}](#{anchor}) | {rule.name} | {rule.severity}{sure} | {rule.title} |"
    for rule in rules:
        yield from ("", f"## {rule.code} {rule.name}", "", f"{rule.title}.", "", rule.text)


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    yield f"| {left} | {right} |"
    yield "| --- | --- |"
    yield from (f"| `{name}` | {text} |" for name, text in rows)


def _written(folder: Path) -> list[Path]:
    """The pages of an earlier run."""
    return [path for path in sorted(folder.rglob("*.md")) if NOTICE in path.read_text("utf-8")]


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def main() -> int:
    """Write the pages, or with --check name those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    if not parser.parse_args().check:
        write()
        for page in transcripts.pages():
            page.write_text(transcripts.played(page), "utf-8")
        for path, picture in pictures.drawn().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(picture, "utf-8")
        return 0
    wrong = [f"docs/reference/{path}" for path in stale()]
    wrong += [str(page) for page in transcripts.pages() if transcripts.played(page) != page.read_text("utf-8")]
    wrong += [str(path) for path, picture in pictures.drawn().items() if not _is(path, picture)]
    for path in wrong:
        sys.stderr.write(f"{path} is stale; run `make docs`\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
