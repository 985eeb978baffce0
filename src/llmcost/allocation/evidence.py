"""The commands that print the numbers an allocation is made of."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmcost.allocation.engine import Facts
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


class Proof:
    """Finds the commands for a source or a line: requests of somebody, less those that rules take."""

    def __init__(self, spelling: Spelling, rules: Mapping[str, Sequence[str]], facts: Facts) -> None:
        self._spelling = spelling
        self._rules = rules
        self._facts = facts

    def of_source(self, source: Source) -> tuple[Evidence, ...]:
        """How to print a source's cost; nothing for one that is no requests."""
        match source.kind:
            case "direct":
                return self._less_taken(f"{quoted(self._spelling.by)}!=", lambda owner: owner is not None)
            case "unattributed":
                return self._less_taken(self._spelling.owner(None), lambda owner: owner is None)
            case "requests":
                command = self._spelling.report(self._rules[source.name])
                return (Evidence(sign="+", command=command, cost=source.cost),)
            case _:
                return ()

    def of_line(self, line: Line) -> tuple[Evidence, ...]:
        """How to print the cost of an owner's own requests; nothing for a share, which its source has."""
        if line.kind != "direct":
            return ()
        return self._less_taken(self._spelling.owner(line.owner), lambda owner: owner == line.owner)

    def _less_taken(self, term: str, wanted: Callable[[str | None], bool]) -> tuple[Evidence, ...]:
        taken = {
            rule: [usage for owner, usage in usages.items() if wanted(owner)]
            for rule, usages in self._facts.taken.items()
        }
        own = [usage.cost for owner, usage in self._facts.own.items() if wanted(owner)]
        everything = total([*own, *(usage.cost for usages in taken.values() for usage in usages)])
        found = [Evidence(sign="+", command=self._spelling.report([term]), cost=everything)]
        for rule, usages in taken.items():
            if usages:
                command = self._spelling.report([term, *self._rules[rule]])
                found.append(Evidence(sign="-", command=command, cost=total(usage.cost for usage in usages)))
        return tuple(found)


def texts(terms: Sequence[Term]) -> list[str]:
    """Conditions as they were written."""
    return [term.text for term in terms]


def quoted(text: str) -> str:
    """A key or value that `--where` reads as it is."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace('"', '""') + '"'
