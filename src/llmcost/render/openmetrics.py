"""A report as OpenMetrics text, for Prometheus and whatever scrapes like it.

Format: https://prometheus.io/docs/specs/om/open_metrics_spec/. Counters count what the ledger holds of the period asked
for; without a period they only grow, but for prices that change and calls that are forgotten. Groups have no time of their
own: they are as of now, whenever that is read.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal

from llmcost.domain.errors import UsageError
from llmcost.render.numbers import plain
from llmcost.render.visible import OTHER, UNATTRIBUTED, label
from llmcost.reports.record import Cell, Report, Row

METRICS = ("uncached_input_tokens", "failed_requests", "latency_p50", "latency_p95", "latency_p99")
"""What a report must have been asked for, beyond what every report has."""

_LONGEST = 200
_PLAIN = re.compile(r"[^a-zA-Z0-9_]")
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n"}
_TOKENS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "uncached": ("input", ("uncached_input_tokens",)),
    "cache_read": ("input", ("cache_read_input_tokens",)),
    "cache_write": ("input", ("cache_write_5m_input_tokens", "cache_write_1h_input_tokens")),
    "audio": ("input", ("input_audio_tokens",)),
    "image": ("input", ("input_image_tokens",)),
    "reasoning": ("output", ("reasoning_output_tokens",)),
    "output_audio": ("output", ("output_audio_tokens",)),
    "output_image": ("output", ("output_image_tokens",)),
}
"""Class of tokens -> whether it goes in or comes out, and the columns it is the sum of; text output is what is left."""
_PERCENTILES = {"latency_p50": "p50", "latency_p95": "p95", "latency_p99": "p99"}

_Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class _Family:
    """A metric and its samples. Names that look alike once they are made harmless are one series."""

    name: str
    kind: str
    help: str
    unit: str = ""
    samples: dict[_Labels, Decimal] = field(default_factory=dict)

    def add(self, labels: _Labels, value: Cell) -> None:
        if value is None or isinstance(value, str):
            return
        number = Decimal(str(value))
        known = self.samples.get(labels)
        if known is None:
            self.samples[labels] = number
        else:
            self.samples[labels] = known + number if self.kind == "counter" else max(known, number)


def openmetrics(report: Report) -> str:
    """The report's groups as samples; it must have `METRICS`.

    Raises UsageError where two keys would be one label.
    """
    names = _label_names(report.by)
    families = _families(report)
    columns = {column.name: place for place, column in enumerate(report.columns)}
    for row in report.rows:
        labels = tuple(zip(names, (_label_value(value, row) for value in row.cells[: len(names)]), strict=True))
        _sample(families, labels, {name: row.cells[place] for name, place in columns.items()})
    coverage = report.coverage
    families["rejected"].add((), coverage.rejected)
    if coverage.last is not None:
        # The ledger's times are naive UTC.
        moment = coverage.last if coverage.last.tzinfo is not None else coverage.last.replace(tzinfo=UTC)
        families["last"].add((), Decimal(str(moment.timestamp())))
    return "".join(line for family in families.values() for line in _lines(family)) + "# EOF\n"


def _families(report: Report) -> dict[str, _Family]:
    currency = report.currency.lower()
    return {
        "cost": _Family(
            name=f"llmcost_cost_{currency}", kind="counter", unit=currency, help="Cost of calls with a known price."
        ),
        "requests": _Family(name="llmcost_requests", kind="counter", help="Calls, failed and free ones included."),
        "failed": _Family(name="llmcost_failed_requests", kind="counter", help="Calls with status error."),
        "unpriced": _Family(name="llmcost_unpriced_requests", kind="counter", help="Calls whose cost is unknown."),
        "tokens": _Family(name="llmcost_tokens", kind="counter", help="Tokens; the classes are disjoint."),
        "latency": _Family(
            name="llmcost_latency_seconds", kind="gauge", unit="seconds", help="Time until an answer was complete."
        ),
        "rejected": _Family(name="llmcost_rejected_lines", kind="gauge", help="Lines of logs that could not be read."),
        "last": _Family(
            name="llmcost_last_request_timestamp_seconds",
            kind="gauge",
            unit="seconds",
            help="When the latest call began.",
        ),
    }


def _sample(families: Mapping[str, _Family], labels: _Labels, cells: Mapping[str, Cell]) -> None:
    """One group's values."""
    families["cost"].add(labels, cells["cost"])
    families["requests"].add(labels, cells["requests"])
    families["failed"].add(labels, cells["failed_requests"])
    families["unpriced"].add(labels, cells["unpriced_requests"])
    rest = _number(cells["output_tokens"])
    for name, (direction, columns) in _TOKENS.items():
        known = [value for column in columns if (value := _number(cells[column])) is not None]
        if known:
            value = sum(known, Decimal(0))
            if direction == "output" and rest is not None:
                rest -= value
            families["tokens"].add(
                (*labels, ("direction", direction), ("token_class", name.removeprefix("output_"))), value
            )
    families["tokens"].add((*labels, ("direction", "output"), ("token_class", "text")), rest)
    for name, percentile in _PERCENTILES.items():
        milliseconds = _number(cells[name])
        if milliseconds is not None:
            families["latency"].add((*labels, ("percentile", percentile)), round(milliseconds / 1000, 6))


def _number(value: Cell) -> Decimal | None:
    return None if value is None or isinstance(value, str) else Decimal(str(value))


def _lines(family: _Family) -> Iterator[str]:
    if not family.samples:
        return
    yield f"# TYPE {family.name} {family.kind}\n"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}\n"
    yield f"# HELP {family.name} {family.help}\n"
    suffix = "_total" if family.kind == "counter" else ""
    for labels, value in family.samples.items():
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
        yield f"{family.name}{suffix}{f'{{{pairs}}}' if pairs else ''} {_written(value)}\n"


def _written(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else plain(value)


def _label_names(keys: Sequence[str]) -> list[str]:
    """A label for each key; `tags.cost-centre` is `tag_cost_centre`."""
    names: dict[str, str] = {}
    for key in keys:
        prefix, rest = ("tag_", key.removeprefix("tags.")) if key.startswith("tags.") else ("", key)
        name = prefix + _PLAIN.sub("_", rest)
        if name[:1].isdigit() or name.startswith("__"):
            name = f"tag_{name}"
        if name in names or name in {"direction", "token_class", "percentile", "quantile", "le"}:
            other = names.get(name, "a label of ours")
            raise UsageError(
                f"{key!r} and {other!r} would be one label, {name!r}", hint="leave one of them out of --by"
            )
        names[name] = key
    return list(names)


def _label_value(value: Cell, row: Row) -> str:
    """What a series is called, told apart from the names we give ourselves; a very long one is cut and told by its hash."""
    if value is None:
        return OTHER if row.other else UNATTRIBUTED
    text = label(str(value))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
