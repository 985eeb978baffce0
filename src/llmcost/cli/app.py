"""The command line as a whole: the commands found, one run, one exit code.

A module of this package with a function `register(app)` is a command or a group of them, under the module's name; adding one
is adding a file. One with an underscore in its name is a part of another. Help lists those named in `_ORDER` first, in that
order, then any other by name.
"""

import errno
import importlib
import os
import pkgutil
import re
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from llmcost import __version__, cli
from llmcost.cli import diagnostics
from llmcost.domain.errors import DataError, ExitCode, LlmcostError, UsageError

_ORDER = (
    "demo",
    "ingest",
    "sources",
    "report",
    "dashboard",
    "explain",
    "prices",
    "reconcile",
    "quota",
    "tiers",
    "outliers",
    "savings",
    "budget",
    "alerts",
    "forecast",
    "tags",
    "chargeback",
    "export",
    "check",
    "db",
    "doctor",
    "init",
)
_SPANS = ("--day", "--week", "--month", "--quarter", "--year")
"""What `--period` is looked for as."""
_OUTPUT_LOST = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The reader is gone; the disk, our share of it, or the file may grow no more."""
_NOT_COMMANDS = ("app", "diagnostics", "options", "outputs")


def build(wanted: str | None = None) -> typer.Typer:
    """The application with every command registered; where one has the `wanted` name, with that alone, which is quicker."""
    app = typer.Typer(
        name="llmcost",
        help="Audit what LLM usage costs: who spent what, on which model, for which feature.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    names = _command_modules()
    if wanted in names and "_" not in wanted:
        names = [wanted]
    for name in names:
        register = getattr(importlib.import_module(f"{cli.__name__}.{name}"), "register", None)
        if register is not None:
            register(app)
    return app


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and leave with its exit code."""
    _open_standard_streams()
    ended = _ended_by_signal()
    try:
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a character must not stop a report half way.
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        code = _outcome(list(sys.argv[1:] if arguments is None else arguments))
        if ended and code == ExitCode.INTERRUPTED:
            code = 128 + ended[0]
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError as error:
        code = _output_lost(error)
    sys.exit(code)


def _open_standard_streams() -> None:
    """Where one was closed (`>&-`), the next file opened would get its number, and what is meant for the stream: a ledger, say."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _ended_by_signal() -> list[int]:
    """The signals that asked us to end, which take back what is half done as Ctrl-C does; a second one ends us at once."""
    asked: list[int] = []

    def end(number: int, _frame: Any) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        # `nohup` has them ignored, and that is to stay so.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
    return asked


def _outcome(arguments: list[str]) -> int:
    """Run the command; returns its exit code, with every error told on stderr."""
    try:
        command = get_command(build(arguments[0] if arguments else None))
        with command.make_context("llmcost", arguments) as context:
            command.invoke(context)
    except typer.Exit as error:
        return error.exit_code
    except LlmcostError as error:
        return diagnostics.fail(error)
    except typer.TyperException as error:
        return diagnostics.fail(_usage_error(error, arguments))
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUTPUT_LOST:
            raise
        if _is_interrupt(error):
            return ExitCode.INTERRUPTED
        return diagnostics.bug(error)
    return ExitCode.OK


def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"llmcost {__version__}")  # noqa: T201  the one answer given without the render layer
        raise typer.Exit
    if context.invoked_subcommand is None:
        diagnostics.lines(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


def _command_modules() -> list[str]:
    present = {module.name for module in pkgutil.iter_modules(cli.__path__)} - set(_NOT_COMMANDS)
    return [name for name in _ORDER if name in present] + sorted(present - set(_ORDER))


def _usage_error(error: typer.TyperException, arguments: Sequence[str]) -> UsageError:
    """What the argument parser says, in our manner: lower-case, the nearest name in it, the help to read after it."""
    text = error.format_message().rstrip(".")
    text = re.sub(r"\.? \(Possible options: (.+)\)$", r"; did you mean \1?", text)
    text = re.sub(r"\. Did you mean ", "; did you mean ", text)
    text = re.sub(r"is not a valid int(eger)?( range)?$", "is not a whole number", text)
    text = re.sub(r"is not a valid float( range)?$", "is not a number", text)
    context: Any = getattr(error, "ctx", None)
    path = _command_named(arguments) if context is None else context.command_path
    hint = f"see `{path} --help`"
    options = {name for one in getattr(getattr(context, "command", None), "params", ()) for name in one.opts}
    if getattr(error, "option_name", None) in _SPANS and "--period" in options:
        hint = f"a span of time is --period, such as --period 2026-11 or --period last-month; {hint}"
    return UsageError(text[:1].lower() + text[1:], hint=hint)


def _command_named(arguments: Sequence[str]) -> str:
    """The command that arguments begin with, for the errors that do not know theirs."""
    command: Any = get_command(build(arguments[0] if arguments else None))
    path = ["llmcost"]
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        path.append(word)
    return " ".join(path)


def _is_interrupt(error: Exception) -> bool:
    """Whether DuckDB reports that Ctrl-C stopped a query; it has no exception of its own for that."""
    return type(error).__name__ == "InterruptException" or str(error) == "Query interrupted"


def _output_lost(error: OSError) -> int:
    """The reader of our output went away, or the disk it goes to is full."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if error.errno == errno.EPIPE:
        # The interpreter flushes once more at its end; it must not fail again and complain.
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        return diagnostics.PIPE_CLOSED
    os.dup2(nowhere, 1)
    return diagnostics.fail(DataError(f"cannot write the output: {(error.strerror or str(error)).lower()}"))
