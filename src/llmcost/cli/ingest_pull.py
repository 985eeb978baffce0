"""The part of `llmcost ingest` that pulls from gateways: what was asked for, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.compose.pulling import Round, Surroundings, Wanted
    from llmcost.config.settings import Pull, Settings
    from llmcost.domain.errors import LlmcostError
    from llmcost.ingest.request import IngestRequest
    from llmcost.ingest.result import IngestResult


def wanted(
    settings: "Settings",
    *,
    gateway: str | None,
    url: str | None,
    since: str | None,
    until: str | None,
    again: bool,
    follow: bool,
    paths: Sequence[str],
    for_files: Sequence[str],
) -> "list[Wanted]":
    """The gateways to read: the one at an address, or those of llmcost.yaml: of the name given, or without paths all.

    Raises UsageError for options that do not go together; `for_files` are those that were given and are for files alone.
    """
    from llmcost.compose.pulling import Wanted
    from llmcost.config.settings import Pull
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone

    if gateway is not None and paths:
        raise UsageError("--from and paths were given", hint="read files and gateways one after the other")
    if gateway is not None and for_files:
        raise UsageError(f"{for_files[0]} is for files, and --from reads a gateway", hint="leave one of them out")
    if url is not None and gateway is None:
        raise UsageError("--url without --from", hint="`--from GATEWAY` says what is at that address")
    if paths:
        found = []
    elif gateway is not None:
        found = [one for one in _pulls(settings) if url is None and one.gateway == gateway] or [
            Pull(gateway=gateway, url=url)
        ]
    else:
        found = _pulls(settings)
    given = [
        name
        for name, value in (("--since", since), ("--until", until), ("--again", again), ("--follow", follow))
        if value
    ]
    if given and not found:
        raise UsageError(f"{given[0]} is for gateways", hint="name one with --from, or under `ingest:` in llmcost.yaml")
    if follow and until is not None:
        raise UsageError("--follow has no end, and --until names one", hint="leave one of them out")
    period = chosen_period(period=None, since=since, until=until, now=clock(), tz=time_zone(settings.tz))
    return [Wanted(gateway=one.gateway, url=one.url, period=period, again=again) for one in found]


def _pulls(settings: "Settings") -> "list[Pull]":
    from llmcost.config.settings import Pull

    return [entry for entry in settings.ingest if isinstance(entry, Pull)]


def surroundings(*, quiet: bool) -> "Surroundings":
    """The clock, the environment and the terminal."""
    from datetime import UTC

    from llmcost.cli import diagnostics
    from llmcost.compose.pulling import Surroundings
    from llmcost.domain.period import clock
    from llmcost.render.progress import progress

    def now() -> datetime:
        return clock().astimezone(UTC)

    return Surroundings(
        now=now,
        say=(lambda _: None) if quiet else diagnostics.note,
        bar=lambda label: progress(label, enabled=not quiet),
    )


def read(
    request: "IngestRequest", pulls: "Sequence[Wanted]", *, following: bool, quiet: bool
) -> "tuple[IngestResult, tuple[LlmcostError, ...]]":
    """Read the files of a request, then the gateways. Errors are those of gateways that could not be read to the end."""
    from llmcost.compose.pulling import check, joined, pull
    from llmcost.ingest.run import ingest
    from llmcost.render.progress import progress

    around = surroundings(quiet=quiet)
    check(pulls, around)
    of_files = None
    if request.paths:
        with progress("reading", enabled=not quiet) as advance:
            of_files = ingest(request, advance)
    if not pulls:
        if of_files is None:
            raise AssertionError("neither files nor gateways")
        return of_files, ()
    pulled = _followed(request, pulls, around, quiet=quiet) if following else pull(request, pulls, around)
    return pulled.result if of_files is None else joined(of_files, pulled.result), pulled.errors


def _followed(request: "IngestRequest", pulls: "Sequence[Wanted]", around: "Surroundings", *, quiet: bool) -> "Round":
    """Follow gateways and say what comes, until a key is refused or somebody ends it."""
    from llmcost.cli import diagnostics
    from llmcost.compose.pulling import follow
    from llmcost.domain.text import plural

    last = None
    for last in follow(request, pulls, around):
        new = last.result.total("new")
        if new and not quiet:
            names = ", ".join(file.path for file in last.result.files if file.new)
            diagnostics.note(f"{plural(new, 'new request')} from {names}")
        for error in last.errors:
            diagnostics.warning(error.message, hint=error.hint)
    if last is None:
        raise AssertionError("following looks at least once")
    return last
