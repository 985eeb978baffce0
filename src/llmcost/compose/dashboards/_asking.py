"""A ledger being asked for the panels of one dashboard, with as few passes over its requests as will do."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.config.settings import Settings
from llmcost.domain.period import Period
from llmcost.domain.printable import printable
from llmcost.ledger import queries
from llmcost.ledger.groups import Group, Number
from llmcost.ledger.keys import Key, resolve
from llmcost.ledger.metrics import Metric, metric
from llmcost.reports.cost_by import cost_by
from llmcost.reports.dashboard import Ask, Panel, PanelKind
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Cell, Column, Report, Row

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a dashboard is made for."""

    question: Question
    """Which requests, in which time zone and currency."""
    settings: Settings
    now: datetime
    """Aware; only budgets are judged by the clock."""
    plans: Path | None = None
    """The file of plans whose limits customers are held against."""
    dismissed: frozenset[str] | None = None
    """Look for waste, and leave out the findings with these ids; None does not look."""
    span: Options = ()
    """The period as it was typed: option and value."""
    options: Options = ()
    """The other options that `report` needs to select the same requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is on a dashboard."""

    title: str
    metrics: tuple[str, ...]
    """Every metric whose total is shown."""
    panels: Callable[["Asking"], Iterator[Panel]]


class Asking:
    """One ledger, one selection, its totals."""

    def __init__(self, connection: "Connection", wanted: Wanted, metrics: Sequence[str]) -> None:
        self.connection = connection
        self.wanted = wanted
        question = replace(wanted.question, by=(), metrics=tuple(metrics))
        total = cost_by(connection, question)
        if _is_over(total, question):
            beside = cost_by(connection, replace(question, compare=True))
            # Of a ledger's first month nobody asked what the one before cost.
            total = total if beside.previous_coverage is None else beside
        self.total: Report = total
        self.selection: Selection = selection(connection, replace(question, basis=self.total.basis))
        self._keys: dict[str, Key] = {}
        self._wholes: dict[str, Number | None] = {}

    @property
    def zone(self) -> tzinfo:
        """The time zone days and months are in."""
        return self.wanted.question.zone

    @property
    def last(self) -> datetime:
        """Start of the latest request, in `zone`; panels are made only where there is one."""
        return self._local(self.total.coverage.last)

    @property
    def first(self) -> datetime:
        """Start of the earliest request, in `zone`."""
        return self._local(self.total.coverage.first)

    def _local(self, instant: datetime | None) -> datetime:
        if instant is None:
            raise ValueError("no requests are selected")
        return instant.astimezone(self.zone)

    def key(self, name: str) -> Key:
        """The key of that name."""
        if name not in self._keys:
            self._keys[name] = resolve(self.connection, name)
        return self._keys[name]

    def whole(self, name: str) -> Cell:
        """The total of a metric."""
        names = [column.name for column in self.total.columns]
        if name in names:
            return self.total.totals[names.index(name)]
        if name not in self._wholes:
            self._wholes |= queries.totals(self.connection, self.selection, [metric(name)])
        return self._wholes[name]

    def grouped(
        self,
        by: str,
        metrics: Sequence[str],
        *,
        top: int | None = None,
        limit: int | None = None,
        period: Period | None = None,
    ) -> "Answer":
        """The groups by one key, in a single pass; `unpriced_requests` comes with them."""
        keys = [self.key(by)]
        chosen = self.selection if period is None else replace(self.selection, period=period)
        kept = None if top is None else queries.rank(self.connection, chosen, keys, top)
        found = [metric(name) for name in dict.fromkeys([*metrics, "unpriced_requests"])]
        groups, row_count = queries.grouped(
            self.connection, chosen, keys, found, total={"cost": _number(self.whole("cost"))}, top=kept, limit=limit
        )
        return Answer(
            asking=self,
            key=keys[0],
            metrics=tuple(found),
            groups=tuple(groups),
            row_count=row_count,
            top=top,
            limit=limit,
            period=period,
        )

    def command(self, ask: Ask) -> str:
        """`llmcost report` with the options that print the numbers of `ask`."""
        words = ["llmcost", "report"]
        if ask.by:
            words += ["--by", ",".join(ask.by)]
        words += ["--metrics", ",".join(ask.metrics)]
        for name, value in (("--top", ask.top), ("--limit", ask.limit)):
            if value is not None:
                words += [name, str(value)]
        if ask.compare:
            words += ["--compare", "previous"]
        words += [word for option in (*self._span(ask), *self.wanted.options) for word in option]
        return " ".join(shlex.quote(printable(word)) for word in words)

    @property
    def budgets(self) -> str:
        """The command that judges budgets like this."""
        kept = {"--config", "--db", "--as-of"}
        options = [option for option in (*self.wanted.span, *self.wanted.options) if option[0] in kept]
        words = ["llmcost", "budget", "check", *(word for option in options for word in option)]
        return " ".join(shlex.quote(printable(word)) for word in words)

    def like(self, command: str) -> str:
        """Another command with the options that were typed and that it shares with `report`."""
        shared = [option for option in self.wanted.options if option[0] not in {"--basis", "--currency"}]
        words = ["llmcost", command, *(word for option in (*self.wanted.span, *shared) for word in option)]
        return " ".join(shlex.quote(printable(word)) for word in words)

    def _span(self, ask: Ask) -> Options:
        if ask.period is None:
            return self.wanted.span
        bounds = (("--since", ask.period.since), ("--until", ask.period.until))
        return tuple((name, self._instant(bound)) for name, bound in bounds if bound is not None)

    def _instant(self, bound: datetime) -> str:
        local = bound.astimezone(self.zone)
        if local.replace(tzinfo=None).time().isoformat() == "00:00:00":
            return local.date().isoformat()
        return bound.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The groups by one key, from which several panels may be made."""

    asking: Asking
    key: Key
    metrics: tuple[Metric, ...]
    groups: tuple[Group, ...]
    row_count: int
    top: int | None
    limit: int | None
    period: Period | None

    def panel(
        self,
        identity: str,
        title: str,
        kind: PanelKind,
        metrics: Sequence[str],
        *,
        about: str = "",
        measure: str | None = None,
        beside: tuple[str, ...] = (),
        groups: Sequence[Group] | None = None,
        totals: bool = False,
        whole: float | None = None,
        target: float | None = None,
        empty: str = "",
        notes: tuple[str, ...] = (),
    ) -> Panel:
        """A panel with some of the metrics; `groups` are the rows in another order, or some of them."""
        chosen = self.groups if groups is None else groups
        names = [name for name in metrics if name != "unpriced_requests"]
        if "cost" in names and any(group.values["unpriced_requests"] for group in chosen):
            names.append("unpriced_requests")
        columns = (_key_column(self.key), *(metric_column(name) for name in names))
        ask = Ask(by=(self.key.name,), metrics=tuple(names), top=self.top, limit=self.limit, period=self.period)
        return Panel(
            id=identity,
            title=title,
            kind=kind,
            about=about,
            columns=columns,
            rows=tuple(row_of(group, names) for group in chosen),
            totals=(None, *(self.asking.whole(name) for name in names)) if totals else None,
            row_count=max(self.row_count, len(chosen)),
            ask=ask,
            command=self.asking.command(ask),
            measure=measure if measure is not None else names[0],
            beside=beside,
            whole=whole,
            target=target,
            empty=self._empty(chosen, kind, measure or names[0], empty),
            notes=notes,
        )

    def _empty(self, groups: Sequence[Group], kind: PanelKind, measure: str, otherwise: str) -> str:
        """Why there is nothing to show: no rows, none with a value of the key, or none whose measure is known."""
        if not groups:
            return otherwise or "no requests in this period"
        if not self.key.grain and _nameless(self.groups):
            name = self.key.name
            return f"no request here has a value for {name}; `attribution:` in llmcost.yaml says which tag of your log is it"
        if not self.key.grain and otherwise and _nameless(groups):
            return otherwise
        known = any(group.values[measure] is not None for group in groups)
        if measure != "cost" and not known:
            return otherwise or "no request here tells"
        # A table says of each row that it is unpriced; a line has nothing to stand for it.
        if kind == "trend" and not known:
            return "no request here has a price"
        return ""


def _nameless(groups: Sequence[Group]) -> bool:
    """Whether none of these has a value of the key."""
    return all(group.keys[0] is None and not group.other for group in groups)


def _is_over(total: Report, question: Question) -> bool:
    """Whether the period has both ends and requests up to its last day: a part of a month is not held against a whole one."""
    last, until = total.coverage.last, question.period.until
    if question.period.since is None or until is None or last is None:
        return False
    final = until.astimezone(question.zone) - timedelta(microseconds=1)
    return last.astimezone(question.zone).date() == final.date()


def metric_column(name: str) -> Column:
    """The column of a metric."""
    found = metric(name)
    return Column(name=name, title=found.title, kind=found.kind, role="metric")


def row_of(group: Group, names: Sequence[str]) -> Row:
    """A group as a row."""
    return Row(cells=(*group.keys, *(group.values[name] for name in names)), other=group.other)


def _key_column(key: Key) -> Column:
    return Column(name=key.name, title=key.title, kind=key.kind, role="key")


def _number(value: Cell) -> Number | None:
    return None if isinstance(value, str) else value
