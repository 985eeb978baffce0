"""The commands that print the numbers an allocation is made of."""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from llmcost.allocation.facts import Facts
from llmcost.allocation.policy import Term
from llmcost.allocation.record import Evidence, Line, Source
from llmcost.domain.exact import total

_PLAIN = re.compile(r"[^\s=!~\"',][^\s=!~\"',]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How commands about one period begin and end."""

    by: str
    period: tuple[str, ...]
    """The options that name the period, its time zone, basis and currency."""

    def report(self, terms: Sequence[str]) -> str:
        """The report over requests that meet every term."""
        words = ["llmcost", "report", *(word for term in terms for word in ("--where", term)), *self.period]
        return shlex.join(words)

    def owner(self, owner: str | None) -> str:
        """The term for the requests of an owner; None: those without one."""
        return f"{quoted(self.by)}={'' if owner is None else quoted(owner)}"

    def chargeback(self, *options: str) -> str:
        """The allocation of the period itself."""
        return shlex.join(["llmcost", "chargeback", "--by", self.by, *options, *self.period])

    def statement(self, owner: str | None) -> str:
        """The statement of an owner; None: of what nobody bears."""
        return shlex.join(["llmcost", "chargeback", "statement", "--for", owner or "", "--by", self.by, *self.period])


class Proof:
    """Finds the commands for a source or a line: requests of somebody, less those that rules take."""

    def __init__(self, spelling: Spelling, rules: Mapping[str, Sequence[str]], facts: Facts) -> None:
        self._spelling = spelling
        self._rules = rules
        self._facts = facts
        everywhere = [facts.own, *facts.taken.values()]
        self._owners = dict.fromkeys(owner for usages in everywhere for owner in usages)

    def of_source(self, source: Source) -> tuple[Evidence, ...]:
        """How to print a source's cost; nothing for one that is no requests."""
        match source.kind:
            case "direct":
                somebody = [owner for owner in self._owners if owner is not None]
                return self._less_taken(f"{quoted(self._spelling.by)}!=", somebody)
            case "unattributed":
                return self._less_taken(self._spelling.owner(None), [None])
            case "requests":
                command = self._spelling.report(self._rules[source.name])
                return (Evidence(sign="+", command=command, cost=source.cost),)
            case _:
                return ()

    def of_line(self, line: Line) -> tuple[Evidence, ...]:
        """How to print the cost of an owner's own requests; nothing for a share, which its source has."""
        if line.kind != "direct":
            return ()
        return self._less_taken(self._spelling.owner(line.owner), [line.owner])

    def _less_taken(self, term: str, owners: Collection[str | None]) -> tuple[Evidence, ...]:
        own = [self._facts.own[owner].cost for owner in owners if owner in self._facts.own]
        taken = {
            rule: [usages[owner].cost for owner in owners if owner in usages]
            for rule, usages in self._facts.taken.items()
        }
        everything = total([*own, *(cost for costs in taken.values() for cost in costs)])
        found = [Evidence(sign="+", command=self._spelling.report([term]), cost=everything)]
        for rule, costs in taken.items():
            if costs:
                command = self._spelling.report([term, *self._rules[rule]])
                found.append(Evidence(sign="-", command=command, cost=total(costs)))
        return tuple(found)


def texts(terms: Sequence[Term]) -> list[str]:
    """Conditions as they were written."""
    return [term.text for term in terms]


def quoted(text: str) -> str:
    """A key or value that `--where` reads as it is."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace('"', '""') + '"'
