"""Is everything well: the ledger, what a bare `llmcost ingest` reads, the price list, and calls that came two ways."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmcost.budgets.gate import DEFAULT_STALE
from llmcost.config.settings import Pull, Settings
from llmcost.domain.checkup import Answer, Checkup, Ledger, Place, Problem, Rows
from llmcost.domain.credentials import masked_shapes
from llmcost.domain.doubled import Doubled
from llmcost.domain.errors import DataError, ExitCode, LlmcostError, UsageError
from llmcost.domain.text import plural
from llmcost.gateways.probe import Probe, probe
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.session import address_of
from llmcost.ingest.files import PULLED, find
from llmcost.ingest.otlp.journal import waiting
from llmcost.ledger import database, migrations
from llmcost.ledger.doubles import doubled
from llmcost.ledger.locks import locked_until
from llmcost.ledger.parts import counts
from llmcost.ledger.queries import rejected_lines
from llmcost.pricing.price_list import load_price_list

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_OLD_PRICES = timedelta(days=60)


def examine(
    settings: Settings,
    path: Path,
    *,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
    offline: bool = False,
    wait: float = 2,
    options: str = "",
) -> Checkup:
    """Look at everything; what is wrong is part of the result. `offline` asks no gateway.

    `options` is what a command in a hint needs to find the same ledger, such as ` --db FILE`.
    """
    problems: list[Problem] = []
    ledger = Ledger(path=path)
    rows: Mapping[str, _Stored] = {}
    found: tuple[Doubled, ...] = ()
    try:
        with database.reading(path, wait=wait) as connection:
            ledger = _ledger(connection, path)
            rows = _rows(connection)
            found = doubled(connection)
    except DataError as error:
        problems.append(_error("ledger", error))
    else:
        problems += _of_ledger(settings, ledger, now, options)
    held = waiting(path)
    if held:
        problems.append(
            Problem(
                severity="warning",
                subject="receiver",
                message=f"{plural(held, 'batch', 'batches')} of spans received and not in the ledger yet",
                hint=f"if no receiver is running, `llmcost ingest --listen :4318{options}` brings them in",
            )
        )
    prices = _prices(settings, now, problems)
    places = [
        _gateway(entry, rows, environ=environ, now=now, offline=offline, problems=problems, options=options)
        if isinstance(entry, Pull)
        else _path(entry, rows, problems)
        for entry in settings.ingest
    ]
    problems += [_double(one) for one in found]
    return Checkup(ledger=ledger, prices=prices, places=tuple(places), doubled=found, problems=tuple(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A file or API as the ledger knows it."""

    look: tuple[int, int]
    rows: Rows
    buckets: int
    buckets_until: datetime | None
    lines: int
    """Records that were read of it, whatever became of them: the ledger may have their calls from elsewhere."""


def _ledger(connection: "Connection", path: Path) -> Ledger:
    counted = counts(connection, ledger="ledger.request")
    requests, tagged, first, newest, unpriced = connection.execute(
        "select count(*) filter (part = 0), count(tags) filter (part = 0), min(started_at) filter (part = 0), "
        f"max(started_at) filter (part = 0), count(*) filter (cost_status = 'unpriced' and {counted}) from ledger.request"
    ).fetchone() or (0, 0, None, None, 0)
    buckets, until = connection.execute("select count(*), max(bucket_end) from ledger.usage_bucket").fetchone() or (
        0,
        None,
    )
    return Ledger(
        path=path,
        size=path.stat().st_size,
        schema_version=migrations.version(migrations.applied_names(connection)),
        rows=Rows(requests=requests, tagged=tagged, newest=_aware(newest)),
        first=_aware(first),
        buckets=buckets,
        buckets_until=_aware(until),
        unpriced=unpriced,
        rejected=rejected_lines(connection),
        locked_until=_aware(locked_until(connection)),
    )


def _rows(connection: "Connection") -> dict[str, _Stored]:
    """By path, everything the ledger ever read."""
    found = connection.execute(
        "select path, arg_max(size, status <> 'replaced'), arg_max(mtime_ns, status <> 'replaced'), "
        "coalesce(sum(requests), 0)::bigint, coalesce(sum(tagged), 0)::bigint, max(newest), "
        "coalesce(sum(of_buckets.buckets), 0)::bigint, max(until), sum(lines)::bigint "
        "from ledger.file left join ("
        "select file_id, count(*) as requests, count(tags) as tagged, max(started_at) as newest "
        "from ledger.request where part = 0 group by file_id) using (file_id) left join ("
        "select file_id, count(*) as buckets, max(bucket_end) as until from ledger.usage_bucket group by file_id"
        ") as of_buckets using (file_id) group by path"
    ).fetchall()
    return {
        row[0]: _Stored(
            look=(row[1], row[2]),
            rows=Rows(requests=row[3], tagged=row[4], newest=_aware(row[5])),
            buckets=row[6],
            buckets_until=_aware(row[7]),
            lines=row[8],
        )
        for row in found
    }


def _of_ledger(settings: Settings, ledger: Ledger, now: datetime, options: str) -> list[Problem]:
    problems = []
    longest = settings.gate.stale or DEFAULT_STALE
    if ledger.rows.newest is None:
        problems.append(
            Problem(
                severity="warning",
                subject="ledger",
                message="no requests, only usage exports" if ledger.buckets else "no requests",
                hint=f"`llmcost ingest{options}` reads some; `llmcost report --basis exports{options}` shows the exports"
                if ledger.buckets
                else f"`llmcost ingest{options}` reads some",
            )
        )
    elif now - ledger.rows.newest > longest:
        hours = f"{longest.total_seconds() / 3600:g} h"
        stated = settings.gate.stale is not None
        problems.append(
            Problem(
                severity="error" if stated else "warning",
                subject="ledger",
                message=f"the newest request is of {ledger.rows.newest:%Y-%m-%d %H:%M} UTC, more than {hours} ago",
                hint=f"`llmcost ingest{options}` reads what is new",
                exit_code=ExitCode.DATA,
            )
        )
    if ledger.unpriced:
        problems.append(
            Problem(
                severity="warning",
                subject="ledger",
                message=f"{plural(ledger.unpriced, 'request')} of {ledger.rows.requests:,} without a price",
                hint=f"`llmcost report --by model,cost_reason --where cost_status=unpriced{options}` names the models",
            )
        )
    if ledger.rejected:
        problems.append(
            Problem(
                severity="warning",
                subject="ledger",
                message=f"{plural(ledger.rejected, 'line')} could not be read",
                hint=f"`llmcost db rejects{options}` lists them",
            )
        )
    return problems


def _prices(settings: Settings, now: datetime, problems: list[Problem]) -> date | None:
    try:
        as_of = date.fromisoformat(load_price_list(tuple(settings.pricing)).as_of)
    except LlmcostError as error:
        problems.append(_error("prices", error))
        return None
    age = now.astimezone(UTC).date() - as_of
    if age > _OLD_PRICES:
        problems.append(
            Problem(
                severity="warning",
                subject="prices",
                message=f"the price list is {age.days} days old",
                hint="upgrade llmcost, or `llmcost prices update`",
            )
        )
    return as_of


def _gateway(
    entry: Pull,
    stored: Mapping[str, _Stored],
    *,
    environ: Mapping[str, str],
    now: datetime,
    offline: bool,
    problems: list[Problem],
    options: str,
) -> Place:
    name = f"{entry.gateway} {entry.url}" if entry.url else entry.gateway
    answer: Probe | None = None
    if not offline:
        try:
            answer = probe(entry.gateway, entry.url, environ=environ, now=now)
        except UsageError as error:
            problems.append(_error(name, error))
    where = f" --url {shlex.quote(masked_shapes(entry.url))}" if entry.url else ""
    known = f"{PULLED}{entry.gateway} {_address(entry)}"
    parts = [one for path, one in stored.items() if path == known or path.startswith(f"{known} (")]
    if answer is not None and not (answer.reachable and answer.authorised):
        problems.append(
            Problem(
                severity="error",
                subject=name,
                message=answer.detail or "it did not answer as it should",
                hint=answer.hint if answer.reachable else "check that it runs, and its address in llmcost.yaml",
                exit_code=ExitCode.UPSTREAM,
            )
        )
    elif answer is not None and answer.recent and not any(one.lines for one in parts):
        problems.append(
            Problem(
                severity="warning",
                subject=name,
                message="it has records, and none was read from it",
                hint=f"`llmcost ingest --from {entry.gateway}{where}{options}`",
            )
        )
    told = Answer(reachable=answer.reachable, authorised=answer.authorised, recent=answer.recent) if answer else None
    return _place(name, "gateway", parts, answer=told)


def _address(entry: Pull) -> str:
    """Where a gateway is, as the ledger knows it."""
    try:
        return address_of(entry.gateway, gateway_named(entry.gateway), entry.url)
    except UsageError:
        return entry.url or ""


def _path(entry: Path, stored: Mapping[str, _Stored], problems: list[Problem]) -> Place:
    try:
        files = [path for path, _, _ in find([str(entry)])]
    except UsageError as error:
        problems.append(
            Problem(
                severity="error", subject=str(entry), message=error.message, hint=error.hint, exit_code=ExitCode.DATA
            )
        )
        return Place(name=str(entry), kind="path", rows=Rows())
    unread = sum(1 for path in files if not _was_read(path, stored.get(str(path))))
    parts = [stored[str(path)] for path in files if str(path) in stored]
    return _place(str(entry), "path", parts, files=len(files), unread=unread)


def _was_read(path: Path, stored: _Stored | None) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stored is not None and stored.look == (status.st_size, status.st_mtime_ns)


def _place(
    name: str,
    kind: Literal["gateway", "path"],
    parts: Sequence[_Stored],
    *,
    answer: Answer | None = None,
    files: int = 0,
    unread: int = 0,
) -> Place:
    return Place(
        name=name,
        kind=kind,
        rows=Rows(
            requests=sum(one.rows.requests for one in parts),
            tagged=sum(one.rows.tagged for one in parts),
            newest=max((one.rows.newest for one in parts if one.rows.newest is not None), default=None),
        ),
        buckets=sum(one.buckets for one in parts),
        buckets_until=max((one.buckets_until for one in parts if one.buckets_until is not None), default=None),
        answer=answer,
        files=files,
        unread=unread,
    )


def _double(one: Doubled) -> Problem:
    how = "under the same id" if one.evidence == "id" else "with the same model, tokens and time"
    return Problem(
        severity="warning",
        subject=" and ".join(one.issuers),
        message=f"{plural(one.requests, 'request')} came through both, {how}, and {one.cost.normalize():f} USD may be counted twice",
        hint="read a call from its gateway or from its provider, not both; `--where issuer=NAME` looks at one of them",
    )


def _error(subject: str, error: LlmcostError) -> Problem:
    return Problem(severity="error", subject=subject, message=error.message, hint=error.hint, exit_code=error.exit_code)


def _aware(instant: datetime | None) -> datetime | None:
    """The ledger stores UTC without saying so."""
    return None if instant is None else instant.replace(tzinfo=UTC)
