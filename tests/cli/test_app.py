"""The shell around the commands: help, errors, exit codes, streams."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest
import typer
from tests.ingesting import native, write
from typer.main import get_command

from llmcost import __version__
from llmcost.cli import app, diagnostics
from llmcost.domain.errors import DataError, ExitCode, UpstreamError


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a stand-in command in this process; gives its exit code and what it said."""

    def run(command, *arguments):
        def build(wanted):
            stand_in = typer.Typer(rich_markup_mode=None)
            stand_in.command()(command)
            return stand_in

        monkeypatch.setattr(app, "build", build)
        with pytest.raises(SystemExit) as left:
            app.run(arguments)
        said = capsys.readouterr()
        return left.value.code, said.out, said.err

    return run


def shape(command):
    """What can be typed: the options of a command, and the commands in it."""
    below = getattr(command, "commands", {})
    return [option.opts for option in command.params], {name: shape(one) for name, one in below.items()}


def test_a_command_built_alone_is_the_one_among_all():
    every = get_command(app.build()).commands

    for name, command in every.items():
        (alone,) = get_command(app.build(name)).commands.items()
        assert (alone[0], shape(alone[1])) == (name, shape(command))


@pytest.mark.parametrize("wanted", [None, "reprot", "db_merge", "--version", "app"])
def test_every_command_is_known_where_none_is_named(wanted):
    assert len(get_command(app.build(wanted)).commands) > 20


def test_a_list_of_commands_cuts_no_sentence():
    """At 80 columns: two before the names, two behind the longest, and two at either edge."""
    cut, groups = [], [get_command(app.build())]
    while groups:
        commands = groups.pop().commands
        room = 78 - 6 - max(map(len, commands))
        cut += [name for name, one in commands.items() if one.get_short_help_str(room).endswith("...")]
        groups += [one for one in commands.values() if hasattr(one, "commands")]
    assert cut == []


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "db"]])
def test_version(cli, arguments):
    done = cli(*arguments)

    assert (done.stdout, done.stderr, done.code) == (f"llmcost {__version__}\n", "", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["report", "--top", "ten"],
            "error: invalid value for '--top': 'ten' is not a whole number\n  hint: see `llmcost report --help`\n",
        ),
        (["report", "--by"], "error: option '--by' requires an argument\n  hint: see `llmcost report --help`\n"),
        (["db", "info", "--db"], "error: option '--db' requires an argument\n  hint: see `llmcost db info --help`\n"),
        (
            ["check"],
            "error: llmcost.yaml:2:12: no such file or folder: gone.yaml\n  hint: paths are relative to the file\n",
        ),
        (
            ["ingest"],
            "error: llmcost.yaml:1:17: no such file or folder: gone.jsonl\n  hint: paths are relative to the file\n",
        ),
        (["ingest", "log.csv", "--map", "map.yaml"], "error: map.yaml:2:1: unknown time zone 'Berlin'\n"),
    ],
    ids=" ".join,
)
def test_an_error_names_its_place_and_the_next_step(cli, tmp_path, arguments, said):
    (tmp_path / "llmcost.yaml").write_text("ingest: [here*, gone.jsonl]\nquota: [., gone.yaml]\n")
    (tmp_path / "map.yaml").write_text("fields: {timestamp: t, input_tokens: i}\ntz: Berlin\n")
    (tmp_path / "log.csv").write_text("t,i\n2026-11-20,1\n")

    done = cli(*arguments)

    assert done.code == 2
    assert done.stderr.replace(f"{tmp_path}/", "").startswith(said)


def test_the_ledger_is_no_log(cli, tmp_path):
    write(tmp_path / "log.jsonl", [native()])
    assert cli("ingest", "log.jsonl").code == 0

    done = cli("ingest", "llmcost.duckdb")

    assert (done.code, "llmcost.duckdb is the ledger itself" in done.stderr) == (3, True)


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_goes_to_stdout(cli, option):
    done = cli(option)

    assert (done.stderr, done.code) == ("", 0)
    assert "Usage: llmcost" in done.stdout
    assert "Look after the ledger file." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_without_a_command_the_help_is_talk_and_the_exit_code_says_so(cli):
    done = cli()

    assert (done.stdout, done.code) == ("", ExitCode.USAGE)
    assert "Usage: llmcost" in done.stderr


def test_commands_are_listed_in_the_documented_order():
    names = app._command_modules()

    known = [name for name in names if name in app._ORDER]
    assert known == sorted(known, key=app._ORDER.index)
    assert names == known + sorted(set(names) - set(known))
    assert not {"app", "options", "diagnostics"} & set(names)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["dbx"], "no such command 'dbx'; did you mean 'db'?", "see `llmcost --help`"),
        (["frobnicate"], "no such command 'frobnicate'", "see `llmcost --help`"),
        (["db"], "missing command", "see `llmcost db --help`"),
        (["db", "inof"], "no such command 'inof'; did you mean 'info'?", "see `llmcost db --help`"),
        (
            ["db", "info", "--fromat"],
            "no such option: --fromat; did you mean --format?",
            "see `llmcost db info --help`",
        ),
        (
            ["db", "info", "--format", "xml"],
            "invalid value for '--format': 'xml' is not one of 'table', 'json'",
            "see `llmcost db info --help`",
        ),
        (["db", "info", "x\x1b]0;"], "got unexpected extra argument(s) (x\\x1b]0;)", "see `llmcost db info --help`"),
    ],
)
def test_a_usage_error_names_the_thing_the_nearest_name_and_the_help(cli, arguments, error, hint):
    done = cli(*arguments)

    assert (done.stdout, done.stderr, done.code) == ("", f"error: {error}\n  hint: {hint}\n", ExitCode.USAGE)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("no ledger", hint="make one"), 3, "error: no ledger\n  hint: make one\n"),
        (UpstreamError("no answer"), 4, "error: no answer\n"),
        (DataError("bad \x1b[2J file\nerror: forged"), 3, "error: bad \\x1b[2J file\\nerror: forged\n"),
        (KeyboardInterrupt(), 130, ""),
        (RuntimeError("Query interrupted"), 130, ""),
        (typer.Abort(), 130, ""),
        (typer.Exit(1), 1, ""),
    ],
)
def test_what_ends_a_command_is_its_exit_code(run, error, code, said):
    def command():
        raise error

    assert run(command) == (code, "", said)


def test_anything_else_is_a_bug_with_a_traceback(run):
    def command():
        raise ZeroDivisionError("\x1b[2J")

    code, out, err = run(command)

    assert (code, out) == (diagnostics.BUG, "")
    assert "Traceback" in err
    assert "ZeroDivisionError: \\x1b[2J\n" in err
    assert err.endswith(f"error: this is a bug in llmcost {__version__}; please report it with the lines above\n")


def test_notes_and_warnings_are_talk(run):
    def command():
        diagnostics.note("3 files")
        diagnostics.warning("2 of them empty", hint="look at them")

    assert run(command) == (0, "", "note: 3 files\nwarning: 2 of them empty\n  hint: look at them\n")


@pytest.mark.parametrize(
    ("environ", "tty", "said"),
    [
        ({}, True, "\x1b[31merror:\x1b[0m no\n"),
        ({"NO_COLOR": "1"}, True, "error: no\n"),
        ({"TERM": "dumb"}, True, "error: no\n"),
        ({}, False, "error: no\n"),
    ],
)
def test_colour_is_for_terminals_that_want_it(monkeypatch, capsys, environ, tty, said):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: tty)

    diagnostics.fail(DataError("no"))

    assert capsys.readouterr().err == said


def test_a_result_drawn_for_stderr_keeps_its_styles(capsys):
    diagnostics.drawn("\x1b[1mBudget\x1b[0m\nall\n")
    diagnostics.lines("\x1b[1mnobody meant this\n")

    assert capsys.readouterr().err == "\x1b[1mBudget\x1b[0m\nall\n\\x1b[1mnobody meant this\n"


def python(code: str, environ: dict[str, str], **options) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE, text=True, **options)


STAND_IN = """
import sys, typer
from llmcost.cli import app
def build(wanted):
    stand_in = typer.Typer(rich_markup_mode=None)
    stand_in.command()(command)
    return stand_in
app.build = build
"""


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_that_goes_away_ends_the_run_quietly(clean_environment, lines):
    code = f"def command():\n    sys.stdin.read()\n    print('line\\n' * {lines})\n{STAND_IN}\napp.run([])"
    with python(code, clean_environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.close()
        process.stdin.close()

        assert process.stderr.read() == ""
    assert process.returncode == diagnostics.PIPE_CLOSED


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_an_error_not_a_traceback(clean_environment):
    code = f"def command():\n    print('line')\n{STAND_IN}\napp.run([])"
    with open("/dev/full", "w") as full, python(code, clean_environment, stdout=full) as process:  # noqa: PTH123
        assert process.stderr.read() == "error: cannot write the output: no space left on device\n"
    assert process.returncode == ExitCode.DATA


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_version_that_cannot_be_printed_is_an_error_too(clean_environment):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "llmcost", "--version"]
        done = subprocess.run(command, env=clean_environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b"error: cannot write the output: no space left on device\n"
    assert done.returncode == ExitCode.DATA


def test_a_stream_that_is_closed_is_taken_for_nothing_and_its_number_by_no_file(clean_environment):
    """The ledger must not be opened as descriptor 1 or 2, and what goes to stderr not be printed on stdout."""
    code = f"""
def command():
    import os
    print("data")
    print("talk", file=sys.stderr)
    assert sys.stdin.read() == ""
    assert sys.stdin.fileno() == 0 and sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2
    assert os.open(os.devnull, os.O_RDONLY) > 2
{STAND_IN}
app.run([])
"""
    for closed, left in (("<&- >&-", b"talk\n"), ("2>&-", b"data\n")):
        command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", code]
        done = subprocess.run(command, env=clean_environment, capture_output=True, check=False)
        assert (done.stdout + done.stderr, done.returncode) == (left, 0)


def test_characters_the_terminal_cannot_show_do_not_stop_a_report(clean_environment):
    code = f"def command():\n    print('cost \\u20ac 5')\n{STAND_IN}\napp.run([])"
    environ = {**clean_environment, "PYTHONIOENCODING": "ascii"}
    with python(code, environ, stdout=subprocess.PIPE) as process:
        assert process.stdout.read() == "cost \\u20ac 5\n"
    assert process.returncode == 0


def test_ctrl_c_in_a_query_ends_the_run_quietly_and_frees_the_ledger(clean_environment, tmp_path):
    # A shell's background job is started with Ctrl-C ignored, and so would be what it starts.
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
def command():
    from pathlib import Path
    from llmcost.ledger import database
    with database.writing(Path({str(tmp_path / "l.duckdb")!r})) as ledger:
        ledger.execute("begin")
        print("started", flush=True)
        ledger.execute("select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3")
{STAND_IN}
app.run([])
"""
    with python(code, clean_environment, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)

        assert process.stderr.read() == ""
    assert process.returncode == ExitCode.INTERRUPTED
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("l.")] == ["l.duckdb"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("report", "--config", "nope.yaml"), "hint: check the path"),
        (("tags", "lint", "nosuch/"), "hint: check the path"),
        (("report", "--month", "2026-11"), "hint: a span of time is --period, such as --period 2026-11 or"),
        (("doctor", "--month", "2026-11"), "hint: see `llmcost doctor --help`"),
        (
            ("doctor", "--offline", "--output", "nofolder/x"),
            "error: cannot write nofolder/x: its folder does not exist",
        ),
    ],
)
def test_what_is_not_there_is_a_usage_error_with_a_hint(cli, arguments, says):
    done = cli(*arguments)
    assert (done.code, says in done.stderr) == (2, True), done.stderr


def test_a_file_that_may_grow_no_more_is_named_and_nothing_of_it_left(clean_environment, calls, tmp_path):
    """What a full disk, a used-up quota and a limit of the shell have in common; none of them is about the ledger."""
    excel = ("xlsx",) if find_spec("xlsxwriter") else ()
    out = {name: f"{tmp_path / 'out'}.{name}" for name in ("jsonl", "csv", *excel)}
    commands = {
        **{name: ["export", "requests", "--db", str(calls), "--output", path] for name, path in out.items()},
        "json": ["report", "--by", "request_id", "--db", str(calls), "--output", f"{tmp_path / 'out'}.json"],
    }
    # Python would leave cut modules behind.
    environ = {**clean_environment, "PYTHONDONTWRITEBYTECODE": "1"}
    # One block, of 512 or 1,024 bytes.
    prefix = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "llmcost"]
    running = {
        name: subprocess.Popen([*prefix, *command], env=environ, stderr=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }
    said = {name: process.communicate(timeout=60)[1] for name, process in running.items()}
    assert {name: process.returncode for name, process in running.items()} == dict.fromkeys(commands, ExitCode.DATA)
    for name, text in said.items():
        place = "to " if name in {"jsonl", "csv"} else ""
        assert text.startswith(f"error: cannot write {place}{tmp_path}")
        assert "File too large\n  hint: " in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
