"""The entry point of `llmcost` and `python -m llmcost`."""

import atexit
import contextlib
import gc
import os
import sys

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Modules are made of lasting objects: at Python's own threshold every start looks through them again and again."""

_INTERRUPTED = 130
"""`ExitCode.INTERRUPTED`, known before anything is imported."""


def main() -> None:
    """Run the command line; answer `--version` before anything heavy is imported."""
    if sys.argv[1:] == ["--version"]:
        from llmcost import __version__

        # Where it cannot be printed, the command line below says why.
        with contextlib.suppress(OSError):
            print(f"llmcost {__version__}", flush=True)  # noqa: T201  the one answer given without the render layer
            return
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        from llmcost.cli.app import run

        run()
    except KeyboardInterrupt:
        # Ctrl-C while our modules are loaded, or while the last of the output is written.
        os._exit(_INTERRUPTED)
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> None:
    """Leave without taking the interpreter apart, which takes DuckDB longer than a small report. All is closed by now.

    A profiler that prints at the end, as `python -m cProfile` does, is to run `llmcost.cli.app.run` instead.
    """
    if not isinstance(end.code, int):
        raise end
    atexit._run_exitfuncs()  # noqa: SLF001  what Python itself would call; there is no public name
    os._exit(end.code)


if __name__ == "__main__":
    main()
