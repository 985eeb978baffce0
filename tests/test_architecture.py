"""What no single module can promise: layers, start-up weight, documented plug-ins."""

import ast
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import llmcost

PACKAGE = Path(llmcost.__file__).parent
ROOT = Path(__file__).parents[1]

# Loading any of these is felt at every call; only the command that needs one may load it.
HEAVY = {"duckdb", "_duckdb", "httpx", "tiktoken", "yaml", "rich.table", "rich.console", "click", "pydantic"}


def modules_loaded_by(arguments: list[str], environ: dict[str, str]) -> set[str]:
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['llmcost', *{arguments!r}]\n"
        "from llmcost.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["db", "--help"], ["no-such-command"]])
def test_starting_up_loads_nothing_heavy(clean_environment, arguments):
    assert modules_loaded_by(arguments, clean_environment) & HEAVY == set()


def test_version_loads_next_to_nothing(clean_environment):
    loaded = modules_loaded_by(["--version"], clean_environment)

    assert {name for name in loaded if name.startswith("llmcost")} == {"llmcost", "llmcost.__main__"}
    assert "typer" not in loaded


def test_help_loads_few_modules(clean_environment):
    # 305 when written, nearly all of them Typer's and the standard library's. A jump means an import moved to the top.
    assert len(modules_loaded_by(["--help"], clean_environment)) < 400


def test_imports_keep_to_the_contracts():
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists() or PACKAGE.parent != ROOT / "src":
        pytest.skip("needs import-linter and the source tree")
    done = subprocess.run(
        [linter, "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_its_idea_in_its_first_line(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring, f"{path} has no docstring"
    assert docstring.splitlines()[0].endswith((".", "?", ":"))


def test_every_source_is_one_documented_file():
    folder = resources.files("llmcost.ingest.sources")
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".py") and not entry.name.startswith("_")]

    for name in names:
        assert ast.get_docstring(ast.parse(folder.joinpath(name).read_text(encoding="utf-8"))), name


def test_migrations_are_numbered_without_gaps():
    folder = resources.files("llmcost.ledger.schema")
    numbers = sorted(int(entry.name.split("_")[0]) for entry in folder.iterdir() if entry.name.endswith(".sql"))

    assert numbers == list(range(1, len(numbers) + 1))
