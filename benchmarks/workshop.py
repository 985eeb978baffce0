"""Where a benchmark works: generated logs kept in a cache by their parameters, ledgers made in a folder that goes away."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.logs import VERSION, Facts
from benchmarks.measure import Contender

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The settings of one run."""

    folder: Path
    """For ledgers; removed at the end."""
    cache: Path
    rounds: int
    lines: int

    @property
    def environment(self) -> dict[str, str]:
        """What every process sees: our source, and nothing of the user's own configuration."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMCOST_")}
        return {**kept, "PYTHONPATH": str(HERE.parent / "src"), "COLUMNS": "100", "NO_COLOR": "1"}

    def log(self, kind: str, lines: int) -> Path:
        """A log of this kind, generated once."""
        path = self.cache / f"{kind}-{lines}-v{VERSION}.jsonl"
        if not path.with_suffix(".facts.json").exists():
            self.cache.mkdir(exist_ok=True)
            print(f"generating {path.name} ...", file=sys.stderr)
            subprocess.run([sys.executable, str(HERE / "logs.py"), kind, str(lines), str(path)], check=True)
        return path

    def facts(self, log: Path) -> Facts:
        """What the generator says the log contains."""
        return Facts(**json.loads(log.with_suffix(".facts.json").read_text("utf-8")))

    def ledger(self, log: Path) -> Path:
        """A ledger that has read this log; not to be written to."""
        path = self.folder / f"{log.stem}.duckdb"
        if not path.exists():
            command = self.llmcost("ingest", str(log), "--db", str(path), "--quiet")
            subprocess.run(command, check=True, env=self.environment, stdout=subprocess.DEVNULL, cwd=self.folder)
            self.check_ledger(path, self.facts(log))
        return path

    def traffic(self, requests: int) -> Path:
        """A ledger of this many made-up requests; not to be written to."""
        path = self.folder / f"traffic-{requests}.duckdb"
        if not path.exists():
            command = [sys.executable, str(HERE / "traffic.py"), str(requests), str(path)]
            subprocess.run(command, check=True, env=self.environment)
        return path

    def customers(self, count: int) -> Path:
        """A ledger of this many customers over twelve months; not to be written to."""
        path = self.folder / f"customers-{count}.duckdb"
        if not path.exists():
            command = [sys.executable, str(HERE / "customers.py"), str(count), str(path)]
            subprocess.run(command, check=True, env=self.environment)
        return path

    def llmcost(self, *arguments: str) -> list[str]:
        """The command line of llmcost as it is in this repository."""
        return [sys.executable, "-m", "llmcost", *arguments]

    def bare(self, *arguments: str) -> list[str]:
        """The command line of something DuckDB does alone."""
        return [sys.executable, str(HERE / "floors.py"), *arguments]

    def check_ledger(self, ledger: Path, facts: Facts, *, rejected: int | None = None) -> None:
        """Raise AssertionError unless the ledger holds exactly what the log contains."""
        command = self.bare("check", str(ledger))
        found = json.loads(subprocess.run(command, check=True, capture_output=True, env=self.environment).stdout)
        expected = {
            "requests": facts.requests,
            "keys": facts.requests,
            "input_tokens": facts.input_tokens,
            "output_tokens": facts.output_tokens,
            "unpriced": 0,
            "rejected": facts.rejected if rejected is None else rejected,
        }
        assert found == expected, f"{ledger.name} holds {found}, the log {expected}"

    @contextmanager
    def renamed(self, log: Path) -> Iterator[Path]:
        """The same content under another name."""
        other = log.with_name(f"renamed-{log.name}")
        other.unlink(missing_ok=True)
        other.hardlink_to(log)
        try:
            yield other
        finally:
            other.unlink()

    def ingesting(
        self,
        name: str,
        log: Path,
        facts: Facts,
        *,
        onto: Path | None = None,
        expected: Mapping[str, int] | None = None,
        rejected: int | None = None,
    ) -> Contender:
        """`llmcost ingest` of a log into a new ledger, or into a copy of the ledger `onto`.

        `expected` is what it should say happened, `rejected` how many rejects the ledger then holds.
        """
        target = self.folder / "ingested.duckdb"

        def prepare() -> None:
            self.discard(target)
            if onto is not None:
                shutil.copyfile(onto, target)

        def check(output: str) -> None:
            found = json.loads(output)["totals"]
            for key, value in (expected or {"lines": facts.lines, "new": facts.requests}).items():
                assert found[key] == value, f"{name}: {key} is {found[key]}, not {value}"
            self.check_ledger(target, facts, rejected=rejected)
            self.discard(target)

        command = self.llmcost("ingest", str(log), "--db", str(target), "--format", "json", "--quiet")
        return Contender(name=name, command=command, prepare=prepare, check=check)

    def loading(self, name: str, kind: str, log: Path, *, ordered: bool = True) -> Contender:
        """DuckDB's own load of the same log into a new database."""
        facts = self.facts(log)
        target = self.folder / "loaded.duckdb"

        def check(output: str) -> None:
            expected = {"lines": facts.lines, "empty": facts.unreadable}
            assert json.loads(output) == expected, f"{name}: {output.strip()}, not {expected}"
            self.discard(target)

        command = self.bare("ingest", kind, str(log), str(target), str(ordered).lower())
        return Contender(name=name, command=command, prepare=lambda: self.discard(target), check=check)

    def discard(self, database: Path) -> None:
        """Remove a database and its write-ahead log."""
        for path in (database, database.with_name(f"{database.name}.wal")):
            path.unlink(missing_ok=True)


def equal_rows(expected: Sequence[dict[str, Any]]) -> Callable[[str], None]:
    """A check that a report has exactly these rows, whatever else it says and in whatever order it ranks equals."""

    def key(row: dict[str, Any]) -> str:
        return json.dumps({name: _plain(name, row[name]) for name in expected[0]}, sort_keys=True)

    wanted = sorted(map(key, expected))

    def check(output: str) -> None:
        document = json.loads(output)
        rows = document["rows"] if isinstance(document, dict) else document
        assert sorted(map(key, rows)) == wanted, "the report differs from the same SQL by hand"

    return check


def _plain(name: str, value: Any) -> Any:
    from decimal import Decimal

    return format(Decimal(value).normalize(), "f") if name == "cost" and value is not None else value
