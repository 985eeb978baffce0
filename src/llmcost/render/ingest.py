"""What an ingest did, as text and as JSON."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from llmcost.domain.doubled import Doubled
from llmcost.domain.printable import printable
from llmcost.domain.text import brief, plural
from llmcost.ingest.result import FileResult, IngestResult, LedgerSummary
from llmcost.render.numbers import money

_COUNTS = ("lines", "new", "known", "parts", "conflicts", "rejected", "left_out", "unpriced", "buckets", "new_buckets")
_SHOWN_FILES = 12
_SHOWN_REJECTS = 5


def as_json(result: IngestResult) -> str:
    """The stable document `llmcost/ingest/1`."""
    files = [
        {
            "path": file.path,
            "status": file.status,
            "sources": dict(sorted(file.sources.items())),
            **{name: getattr(file, name) for name in _COUNTS},
        }
        for file in result.files
    ]
    totals = {name: result.total(name) for name in _COUNTS}
    return json.dumps({"schema": "llmcost/ingest/1", "files": files, "totals": totals}, indent=2, ensure_ascii=False)


def as_text(result: IngestResult, options: str = "", width: int | None = None) -> str:
    """For a person: what was read, what the ledger holds now, and the next step.

    `options` is what the next command needs to find the same ledger, such as ` --db FILE`; `width` that of the terminal.
    """
    lines = [_headline(result)]
    lines += _files(result)
    if result.summary is not None and (result.summary.requests or result.summary.buckets):
        lines += ["", *_ledger(result, result.summary), "", f"next: {_next(result, options)}"]
    return "\n".join(_wrapped(line, width) for line in lines)


def _wrapped(line: str, width: int | None) -> str:
    """A line folded between words; what continues it stands under its text."""
    if width is None or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _headline(result: IngestResult) -> str:
    parts = [plural(result.total("new"), "new request"), f"{result.total('known'):,} known"]
    if apart := result.total("parts"):
        parts.append(f"{plural(apart, 'part')} of them billed apart")
    if buckets := result.total("buckets"):
        fresh = f"{plural(buckets, 'usage bucket')}, {result.total('new_buckets'):,} of them new"
        parts = [*parts, fresh] if any(result.total(name) for name in ("new", "known", "parts")) else [fresh]
    parts += [
        f"{count:,} {word}"
        for word, count in (("rejected", result.total("rejected")), ("in conflict", result.total("conflicts")))
        if count
    ]
    return f"{_what(result.files)}: {', '.join(parts)}"


def _what(files: tuple[FileResult, ...]) -> str:
    """How much was read of what."""
    read = [file for file in files if not file.pulled]
    pulled = [file for file in files if file.pulled]
    parts = []
    if read or not pulled:
        parts += [plural(len(read), "file"), plural(sum(file.lines for file in read), "line")]
    if pulled:
        parts += [plural(len(pulled), "gateway"), plural(sum(file.lines for file in pulled), "record")]
    return ", ".join(parts)


def _files(result: IngestResult) -> Iterator[str]:
    """A line for each file that was not simply known already, the rest counted."""
    order = {"unrecognised": 0, "partial": 1, "read": 2, "known": 3}
    shown = sorted(result.files, key=lambda file: (file.trouble is None, order[file.status]))
    width = max((len(_standing(file)) for file in shown[:_SHOWN_FILES]), default=0)
    for file in shown[:_SHOWN_FILES]:
        sources = ", ".join(
            f"{name} {count:,}" for name, count in sorted(file.sources.items(), key=lambda item: (-item[1], item[0]))
        )
        detail = f"  {sources}" if sources else ""
        apart = f"  {plural(file.parts, 'part')} billed apart" if file.parts else ""
        rejected = f"  {file.rejected:,} rejected" if file.rejected else ""
        yield printable(f"  {_standing(file):<{width}}  {file.path}{detail}{apart}{rejected}")
    for status, files in groupby(shown[_SHOWN_FILES:], key=_standing):
        yield f"  and {plural(len(list(files)), 'file')} more {status}"


def _standing(file: FileResult) -> str:
    return file.status if file.trouble is None else "unreadable"


def _ledger(result: IngestResult, summary: LedgerSummary) -> Iterator[str]:
    if summary.first_bucket is not None and summary.last_bucket is not None:
        sources = ", ".join(f"{name} {count:,}" for name, count in summary.bucket_sources)
        last = summary.last_bucket - timedelta(microseconds=1)
        span = f"{summary.first_bucket:%Y-%m-%d} to {last:%Y-%m-%d} UTC"
        name = "exports  " if summary.requests else f"ledger    {printable(str(result.ledger))}:"
        yield f"{name} {plural(summary.buckets, 'usage bucket')}, {span} ({sources})"
    if not summary.requests:
        return
    if summary.first is not None and summary.last is not None:
        span = f"{summary.first:%Y-%m-%d} to {summary.last:%Y-%m-%d} UTC"
        yield f"ledger    {printable(str(result.ledger))}: {plural(summary.requests, 'request')}, {span}"
    cost = "none priced" if summary.cost is None else money(summary.cost, "USD")
    unpriced = f"; {plural(summary.unpriced_requests, 'request')} unpriced" if summary.unpriced_requests else ""
    yield f"cost      {cost}{unpriced}"
    if summary.unpriced_models:
        models = ", ".join(f"{printable(brief(name))} ({count:,})" for name, count in summary.unpriced_models)
        yield f"unpriced  {models}"
    for dimension, group in groupby(summary.filled, key=lambda filled: filled.dimension):
        found = list(group)
        keys = ", ".join(f"{printable(filled.key)} {_percent(filled.share)}" for filled in found)
        yield f"{dimension:<13} from {keys}{_without(Decimal(1) - sum(filled.share for filled in found))}"


def _without(share: Decimal) -> str:
    return f"; {_percent(share)} without" if share > 0 else ""


def _percent(share: Decimal) -> str:
    if 0 < share < Decimal("0.001"):
        return "<0.1%"
    return f"{share * 100:.1f}%" if share != 1 else "100%"


def _next(result: IngestResult, options: str) -> str:
    filled = result.summary.filled if result.summary is not None else ()
    dimension = next((f.dimension for f in filled), "model")
    return f"`llmcost report --by {dimension}{options}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to say on stderr."""

    message: str
    hint: str | None = None
    serious: bool = False
    loud: bool = False
    """Whether a quiet run is told as well: nothing else will ever tell of it."""


def unmet(result: IngestResult, options: str = "") -> Remark | None:
    """Why a strict reading failed: what of the files could not be read, if anything."""
    rejected = result.total("rejected")
    passed_over = [file.path for file in result.unrecognised]
    lacking = {one.column: None for file in result.files for one in file.absent if one.decisive}
    parts = ["some lines could not be read"] if rejected else []
    if passed_over:
        names = ", ".join(passed_over[:3]) + (", ..." if len(passed_over) > 3 else "")
        parts.append(f"{plural(len(passed_over), 'file')} could not be read ({names})")
    if lacking:
        parts.append(f"{plural(len(lacking), 'column')} of the mapping {'is' if len(lacking) == 1 else 'are'} missing")
    if not parts:
        return None
    return Remark(
        message=f"{', '.join(parts)}, and --strict was given",
        hint=f"`llmcost db rejects{options}` lists them" if rejected else None,
        serious=True,
    )


def _damage(file: FileResult) -> str | None:
    """What is wrong with a file as a whole, of which nothing could be read; a reject of one line has its hash."""
    if file.trouble is not None or file.foreign is not None:
        return None
    return next((reject.reason for reject in file.rejects if not reject.line_hash), None)


def remarks(result: IngestResult, options: str = "", *, mapped: bool = False) -> Iterator[Remark]:
    """What the reader should know about the data, most serious first; `mapped` says that it was read with a mapping."""
    yield from _unrecognised(result.unrecognised, mapped=mapped)
    yield from _absent(result.files)
    if result.total("rejected"):
        yield Remark(
            message=f"{plural(result.total('rejected'), 'line')} could not be read: {_first_rejects(result.files)}",
            hint=f"`llmcost db rejects{options}` lists them",
            serious=True,
        )
    if result.total("conflicts"):
        yield Remark(
            message=f"{plural(result.total('conflicts'), 'request')} met twice with different usage; the larger was kept",
            serious=True,
        )
    if kept := [file.path for file in result.files if file.kept]:
        names = ", ".join(kept[:3]) + (", ..." if len(kept) > 3 else "")
        yield Remark(
            message=f"{plural(result.total('kept'), 'row')} of an earlier reading in another way may count beside this one: {names}",
            hint="other files may have brought them too; read all of these files together into a new ledger",
            serious=True,
        )
    if disagreeing := [file.path for file in result.files if file.disagreements]:
        names = ", ".join(disagreeing[:3]) + (", ..." if len(disagreeing) > 3 else "")
        yield Remark(
            message=f"exports of the same days differ from file to file, and of two readings the larger counts: {names}",
            hint="that is right for deliveries of one export at different times; join the parts of one delivery to one file, "
            "and read that",
            serious=True,
        )
    yield from _unfinished(result.files)
    if left_out := result.total("left_out"):
        yield Remark(
            message=f"{plural(left_out, 'span')} of an agent, tool or workflow with usage of {'its' if left_out == 1 else 'their'} "
            "own and no call below: not counted, since such usage is that of calls",
            hint="read them with the files that hold the rest of their traces; without such, instrument the calls themselves",
            serious=True,
        )
    if others := result.total("other_charges"):
        verb = "charges" if others == 1 else "charge"
        yield Remark(
            message=f"{plural(others, 'line')} of bills {verb} for taxes, credits, fees, refunds or discounts, which are in no usage bucket"
        )
    if result.total("pending"):
        paths = ", ".join(file.path for file in result.files if file.pending)
        yield Remark(message=f"{plural(result.total('pending'), 'truncated last line')} left for the next run: {paths}")
    if unfinished := result.total("unfinished"):
        paths = ", ".join(file.path for file in result.files if file.unfinished)
        yield Remark(
            message=f"{plural(unfinished, 'call')} had not ended, and {'is' if unfinished == 1 else 'are'} not counted: {paths}",
            hint="read again what has ended since; what such calls cost that never end, only the provider's bill says",
        )
    if result.total("ambiguous"):
        yield Remark(
            message=f"{plural(result.total('ambiguous'), 'record')} without an id or a precise time equal to another of the same "
            "file; each was counted"
        )
    if result.summary is not None and result.summary.doubled:
        yield _doubled(result.summary.doubled, options)
    yield from _locked(result, options)
    if result.summary is not None and result.summary.assumed_times:
        yield Remark(message=f"{plural(result.summary.assumed_times, 'request')} with an assumed time")


def _unrecognised(files: Sequence[FileResult], *, mapped: bool) -> Iterator[Remark]:
    """Files of which nothing could be read, and why; those named one by one, those of folders counted."""
    for file in files:
        if (damage := _damage(file)) is not None:
            # What has a next step of its own names it behind a semicolon.
            hint = None if ";" in damage else "get the whole file again, and read it once more"
            yield Remark(message=f"{file.path}: {damage}", hint=hint, serious=True)
            continue
        uneven = file.rejects if all("cells where" in reject.reason for reject in file.rejects) else ()
        if file.named and file.foreign is not None:
            yield Remark(message=f"{file.path} is {file.foreign}", serious=True)
        elif file.named and uneven:
            yield Remark(
                message=f"{file.path}: rows do not fit their header: row {uneven[0].line} has {uneven[0].reason}",
                hint="a table begins with its header, and every row has as many cells",
                serious=True,
            )
        elif file.named and mapped:
            yield Remark(
                message=f"{file.path}: no rows or records that the mapping could read",
                hint="a mapping reads CSV, TSV, JSON lines and Parquet",
                serious=True,
            )
        elif file.named:
            candidates = next((reject.reason for reject in file.rejects if "more than one" in reject.reason), None)
            yield Remark(
                message=f"{file.path}: {candidates or 'no source recognises this file'}",
                hint="`llmcost sources` lists what is read; `--source ID` forces one; `--suggest-map FILE` drafts a mapping",
                serious=True,
            )
    if closed := [file.trouble for file in files if file.trouble is not None]:
        reasons = "; ".join(closed[:3]) + ("; ..." if len(closed) > 3 else "")
        yield Remark(
            message=f"passed over {plural(len(closed), 'path')}: {reasons}",
            hint="check their permissions, or name the paths to read",
            serious=True,
        )
    strange = [file for file in files if not file.named and file.trouble is None]
    in_folders = [file.path for file in strange if _damage(file) is None]
    if in_folders:
        names = ", ".join(in_folders[:3]) + (", ..." if len(in_folders) > 3 else "")
        yield Remark(message=f"skipped {plural(len(in_folders), 'unrecognised file')}: {names}")


def _absent(files: Sequence[FileResult]) -> Iterator[Remark]:
    """A remark for each place of a mapping that names a column some of the tables do not have."""
    lacking: dict[tuple[str, str], list[FileResult]] = {}
    nearest: dict[tuple[str, str], str] = {}
    for file in files:
        for one in file.absent:
            lacking.setdefault((one.place, one.column), []).append(file)
            if one.nearest is not None:
                nearest.setdefault((one.place, one.column), one.nearest)
    for named, found in lacking.items():
        place, column = named
        more = f" and {plural(len(found) - 1, 'more file')}" if len(found) > 1 else ""
        yield Remark(
            message=f"{place}: no column {column!r} in {found[0].path}{more}, which leaves the field empty",
            hint=f"did you mean {nearest[named]!r}?" if named in nearest else None,
            serious=True,
            loud=True,
        )


def _unfinished(files: Sequence[FileResult]) -> Iterator[Remark]:
    """Pages of an answer, of which none is the last. One that is may end what the others begin."""
    if not any(file.announces_more is False for file in files):
        unfinished = [file.path for file in files if file.announces_more]
        if unfinished:
            names = ", ".join(unfinished[:3]) + (", ..." if len(unfinished) > 3 else "")
            yield Remark(
                message=f"the API's answer has more pages than were read: {names}",
                hint="save the other pages too and read them; pages may stand in one file or in several",
                serious=True,
                loud=True,
            )


def _doubled(found: Sequence[Doubled], options: str) -> Remark:
    pairs = sorted({" and ".join(one.issuers) for one in found})
    count, cost = sum(one.requests for one in found), sum((one.cost for one in found), Decimal(0))
    return Remark(
        message=f"{plural(count, 'request')} ({money(cost, 'USD')}) of this time {'seems' if count == 1 else 'seem'} to be in the ledger twice: "
        f"through {', '.join(printable(pair) for pair in pairs)}",
        hint=f"`llmcost doctor{options}` says more; nothing was merged by guess",
        serious=True,
    )


def _locked(result: IngestResult, options: str) -> Iterator[Remark]:
    if result.locked_until is None:
        return
    until = f"{result.locked_until:%Y-%m-%d %H:%M} UTC".replace(" 00:00 UTC", "")
    if result.late:
        verb = "falls" if result.late == 1 else "fall"
        yield Remark(
            message=f"{plural(result.late, 'new request')} {verb} in the period locked until {until}, "
            "rated with the prices of their day",
            hint=f"`llmcost prices lock --list{options}` shows the locks",
            serious=True,
        )
    if result.left_unpriced:
        yield Remark(
            message=f"{plural(result.left_unpriced, 'unpriced request')} before {until} left as they are: "
            f"the period is locked; `llmcost db reprice --override-lock{options}` would rate them"
        )


def _first_rejects(files: tuple[FileResult, ...]) -> str:
    """The first rejects, equal reasons of one file together."""
    grouped = {
        (file.path, reason): [reject.line for reject in found]
        for file in files
        if file.status != "unrecognised"
        for reason, found in groupby(file.rejects, key=lambda reject: reject.reason)
    }
    shown = [f"{path}:{_lines(lines)}: {reason}" for (path, reason), lines in list(grouped.items())[:_SHOWN_REJECTS]]
    return "; ".join(shown) + ("; ..." if len(grouped) > _SHOWN_REJECTS else "")


def _lines(lines: list[int]) -> str:
    """`7`, or `7-11` for lines in a row, or `7,9`."""
    if len(lines) > 1 and lines == list(range(lines[0], lines[-1] + 1)):
        return f"{lines[0]}-{lines[-1]}"
    return ",".join(map(str, lines))
