"""What a route counts and what it takes for money, and which of it is no number: a reject, never a zero."""

from collections.abc import Callable
from dataclasses import dataclass

from llmcost.ingest.paths import Computed, Layout, counts_of
from llmcost.ingest.source import Route
from llmcost.ledger.identifiers import quote_literal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """One of a record."""

    name: str
    text: str
    """SQL for it as the record has it."""
    read: str
    """SQL for the number."""
    remark: str
    """SQL for what to say behind the text where it is none."""


class Numbers:
    """SQL over the records of a mapping, whose columns `layout` and `computed` name; `compiled` is its SQL for an expression."""

    def __init__(
        self, layout: Layout, computed: Computed, compiled: Callable[[Route, str], str], *, plain: bool
    ) -> None:
        self._layout = layout
        self._computed = computed
        self._compiled = compiled
        self._plain = plain

    def first_bad(self, route: Route) -> str | None:
        """The place of the first number that is none, among the numbers of its route, or of the first text after them."""
        wrong = [f"{number.read} is null and {number.text} is not null" for number in self._of(route)]
        wrong += [self._layout.unread((*route.mount, key)) for key in self._usage_text(route)]
        return f"list_position([{', '.join(wrong)}], true)" if wrong else None

    def what_is_bad(self, route: Route) -> str | None:
        """What to say of the number at that place, the column `bad_count`."""
        numbers = self._of(route)
        told = "null"
        if numbers:
            names, texts, remarks = (
                ", ".join(parts)
                for parts in zip(*((quote_literal(one.name), one.text, one.remark) for one in numbers), strict=True)
            )
            told = f"[{names}][bad_count] || ' is ' || left([{texts}][bad_count], 40) || [{remarks}][bad_count]"
        unread = ", ".join(quote_literal(key) for key in self._usage_text(route))
        if unread:
            told = f"coalesce({told}, [{unread}][bad_count - {len(numbers)}] || ' is neither empty nor JSON')"
        return told if told != "null" else None

    def _usage_text(self, route: Route) -> tuple[str, ...]:
        """Keys whose text must be JSON. A plain pass leaves records with text there to the next one."""
        return () if self._plain else route.source.usage_text

    def _of(self, route: Route) -> list[_Number]:
        source = route.source
        found = []
        for name, sql in source.counts.items():
            text = self._compiled(route, sql)
            found.append(_Number(name=name, text=f"({text})", read=f"count_of({text})", remark="', not a count'"))
        for path in counts_of([*source.steps.values(), *source.fields.values()]):
            text = self._computed.value(self._layout.text((*route.mount, *path)))
            read = self._computed.parsed(f"count_of({text})")
            found.append(_Number(name=".".join(path), text=text, read=read, remark="', not a count'"))
        for name, (sql, number) in source.amounts.items():
            text, read = self._compiled(route, sql), self._compiled(route, number)
            remark = (
                f"case when number_of({text}) is null then ', not an amount' else ' (too large), not an amount' end"
            )
            found.append(_Number(name=name, text=f"({text})", read=f"({read})", remark=remark))
        return found
