"""What an ingest of outcomes did, as text and as JSON."""

from collections.abc import Iterator

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ingest.outcomes import OutcomeFile, OutcomeResult
from llmcost.ledger.metrics import metric, metric_names
from llmcost.ledger.outcomes import overlapping
from llmcost.render.json import dumped
from llmcost.render.numbers import money, plain

_SHOWN_FILES = 12
_SHOWN_COLUMNS = 12
_SHAPE = "a line is `date`, any dimensions, `metric` and `value`; see `llmcost sources show outcomes`"


def as_json(result: OutcomeResult) -> str:
    """The stable document `llmcost/outcomes/1`."""
    totals = {
        name: sum(_counts(file)[name] for file in result.files) for name in _counts(OutcomeFile(path="", status=""))
    }
    return dumped(
        {
            "schema": "llmcost/outcomes/1",
            "files": [{"path": file.path, "status": file.status, **_counts(file)} for file in result.files],
            "totals": totals,
            "metrics": [
                {
                    "metric": held.metric,
                    "dimensions": list(held.dimensions),
                    "outcomes": held.outcomes,
                    "first": held.first.isoformat(),
                    "last": held.last.isoformat(),
                    "total": plain(held.total),
                }
                for held in result.breakdowns
            ],
        }
    )


def as_text(result: OutcomeResult, options: str = "") -> str:
    """For a person: what was read, what the ledger holds now, and the next step."""
    return "\n".join(printable(line) for line in _lines(result, options))


def failures(result: OutcomeResult) -> Iterator[tuple[str, str]]:
    """Files that have not the columns of outcomes, with the next step."""
    for file in result.files:
        if file.missing:
            wanted = ", no ".join(f"`{name}`" for name in file.missing)
            more = ", ..." if len(file.columns) > _SHOWN_COLUMNS else ""
            yield f"{file.path} has no {wanted} column; it has {', '.join(file.columns[:_SHOWN_COLUMNS])}{more}", _SHAPE


def remarks(result: OutcomeResult) -> Iterator[tuple[str, str]]:
    """Lines that could not be read and values that may count twice, with the next step."""
    for file in result.files:
        if file.rejects and not file.missing:
            first = "; ".join(f"{file.path}:{reject.line}: {reject.reason}" for reject in file.rejects)
            more = "; ..." if file.rejected > len(file.rejects) else ""
            yield (
                f"{plural(file.rejected, 'line')} of {file.path} could not be read: {first}{more}",
                _SHAPE,
            )
    for several in overlapping(result.breakdowns):
        yield (
            f"{several} is given by more than one set of dimensions; all of it adds up",
            "leave out one set if both tell of the same events",
        )


def _counts(file: OutcomeFile) -> dict[str, int]:
    kept = file.kept
    return {
        "lines": file.lines,
        "new": kept.new,
        "known": kept.known,
        "corrected": kept.corrected,
        "rejected": file.rejected,
    }


def _lines(result: OutcomeResult, options: str) -> Iterator[str]:
    new, known, corrected, rejected = (
        sum(_counts(file)[name] for file in result.files) for name in ("new", "known", "corrected", "rejected")
    )
    parts = [plural(new, "new outcome"), f"{known:,} known"]
    parts += [f"{count:,} {word}" for count, word in ((corrected, "corrected"), (rejected, "rejected")) if count]
    lines = sum(file.lines for file in result.files)
    yield f"{plural(len(result.files), 'file')}, {plural(lines, 'line')}: {', '.join(parts)}"
    for file in result.files[:_SHOWN_FILES]:
        yield f"  {file.status:<12}  {file.path}"
    if len(result.files) > _SHOWN_FILES:
        yield f"  and {plural(len(result.files) - _SHOWN_FILES, 'file')} more"
    if not result.breakdowns:
        return
    yield ""
    yield f"ledger  {result.ledger}"
    width = max(len(held.metric) for held in result.breakdowns)
    for held in result.breakdowns:
        by = f" by {', '.join(held.dimensions)}" if held.dimensions else ""
        amount = money(held.total, "USD") if _is_money(held.metric) else f"{held.total.normalize():,f}"
        yield f"  {held.metric:<{width}}  {held.first} to {held.last}{by}: {amount}"
    by = next((held.dimensions[0] for held in result.breakdowns if held.dimensions), "month")
    asked = next((name for name, needed in _NEXT if any(held.metric == needed for held in result.breakdowns)), None)
    if asked is not None and lines > rejected:
        yield ""
        yield f"next: `llmcost report --metrics {asked} --by {by}{options}`"


_NEXT = (
    ("revenue_per_dollar", "revenue"),
    ("cost_per_engagement", "engagements"),
    ("tokens_per_conversion", "conversions"),
    ("cost_per_active_user", "active_users"),
)


def _is_money(name: str) -> bool:
    return name in metric_names() and metric(name).kind == "money"
