"""Records handed to DuckDB through a file without a name: they hold prompt text, and a kill must leave none behind."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def spooled(lines: Sequence[str]) -> Iterator[str]:
    """A path at which DuckDB can read `lines` for the length of the block."""
    # Each line ended, the last as well: where one without an end goes on behind what DuckDB reads at a time, its second
    # thread takes what is there for another line.
    data = ("\n".join(lines) + "\n").encode("utf-8", "replace")
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile(prefix="llmcost-") as file:
            file.write(data)
            file.flush()
            yield file.name
        return
    descriptor = os.memfd_create("llmcost")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
