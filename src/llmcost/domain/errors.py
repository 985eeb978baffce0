"""The errors users see, and the exit code each one means.

    LlmcostError                exit 2  usage or configuration
    ├── ConfigError             exit 2  a file we were told to obey is wrong
    ├── UsageError              exit 2  the command line is wrong
    ├── DataError               exit 3  data could not be read, is stale, or a store is missing
    └── UpstreamError           exit 4  an API or the network failed

Anything else that escapes is a bug and shows a traceback.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to a shell or a CI job."""

    OK = 0
    """Clean."""
    FINDING = 1
    """A proven finding at or over `--fail-on`, or a gate failed."""
    USAGE = 2
    """Usage or configuration error."""
    DATA = 3
    """Data could not be read, is stale, or a store is missing."""
    UPSTREAM = 4
    """An upstream API or the network failed."""
    INTERRUPTED = 130
    """Ctrl-C."""


class LlmcostError(Exception):
    """Something the user can mend: what, where, and what to do next."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LlmcostError):
    """The command line asks for something that cannot be."""


class ConfigError(LlmcostError):
    """A configuration, price or mapping file is wrong; the message names file, line and column."""


class DataError(LlmcostError):
    """Data could not be read, is stale, or a store is missing."""

    exit_code = ExitCode.DATA


class UpstreamError(LlmcostError):
    """An upstream API or the network failed."""

    exit_code = ExitCode.UPSTREAM
