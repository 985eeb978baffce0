"""The one owner of stderr and of what an error means to the shell.

stdout is data and nothing else; talk goes here. A clean run says nothing.

    note: ...                what a reader of the result may want to know
    warning: ...             what may make the result wrong
    error: ...               what stopped us; the indented `hint:` is the next step

Exit codes are those of `ExitCode`, plus 70 for a bug in llmcost (with a traceback) and 141 when the reader of our output
went away, which is what a shell reports for any tool in `| head`.
"""

import os
import sys
import traceback

from llmcost import __version__
from llmcost.domain.errors import LlmcostError
from llmcost.domain.printable import printable

BUG = 70
PIPE_CLOSED = 141

_RED, _YELLOW, _CYAN = "31", "33", "36"


def note(message: str) -> None:
    """What a reader of the result may want to know."""
    _say(_label("note:", _CYAN), message)


def warning(message: str, *, hint: str | None = None) -> None:
    """What may make the result wrong, and what to do about it."""
    _say(_label("warning:", _YELLOW), message, hint)


def fail(error: LlmcostError) -> int:
    """Say what stopped us and what to do next; returns the exit code."""
    _say(_label("error:", _RED), error.message, error.hint)
    return int(error.exit_code)


def bug(error: BaseException) -> int:
    """Show the traceback of what should not have happened; returns the exit code."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        _write(printable(line))
    _say(_label("error:", _RED), f"this is a bug in llmcost {__version__}; please report it with the lines above")
    return BUG


def lines(text: str) -> None:
    """Text of our own in several lines, such as a command's help."""
    for line in text.splitlines():
        _write(printable(line))


def drawn(text: str) -> None:
    """A result for people as `render` draws it for stderr: names are safe in it, and its styles are meant."""
    for line in text.splitlines():
        _write(line)


def _say(label: str, message: str, hint: str | None = None) -> None:
    _write(f"{label} {printable(message)}")
    if hint is not None:
        _write(f"  hint: {printable(hint)}")


def _label(text: str, colour: str) -> str:
    # https://no-color.org: any value but the empty one switches colour off.
    coloured = sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return f"\x1b[{colour}m{text}\x1b[0m" if coloured and os.environ.get("TERM") != "dumb" else text


def _write(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  this is where talk is printed
