"""A rule for a caller who sent nothing.

A misspelt e-mail address or the name of a team that was renamed makes a rule that limits nobody, while the caller it was meant for
falls through to the next one. Compared with the callers of past requests; where none of them names a user, a team or a virtual
account at all, the log is what lacks them, and that is said instead.

Fix: mend the name, or delete the rule if its caller is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import near, written
from llmcost.quota.matching import pattern_covers
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History

_KINDS = {"user": "user", "team": "team", "virtualaccount": "virtual account"}


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Subjects that no past request has."""
    silent: set[str] = set()
    teams = {team for teams in (config.roster or {}).values() for team in teams}
    for limit in config.rules:
        names = {name for condition in limit.match.on("subject") for name in condition.values or ()}
        for subject in sorted(names):
            kind, _, name = subject.partition(":")
            if kind not in _KINDS or (kind == "team" and name in teams):
                continue
            seen = history.values(kind)
            if not seen and kind not in silent:
                silent.add(kind)
                yield Problem(
                    at=written(limit, subject, name),
                    message=f"no request names a {_KINDS[kind]}, so rules for one match nothing ({history.words})",
                    help=f"ingest logs that say the {_KINDS[kind]}, or `llmcost tags` how it is called there"
                    if kind != "team"
                    else "ingest logs that say the team, or say who is in it with --roster",
                    rule_id=limit.id,
                    severity="info",
                )
            elif seen and not any(
                pattern_covers(name, value) for value in (seen if "*" in name else {name} & set(seen))
            ):
                yield Problem(
                    at=written(limit, subject, name),
                    message=f"{_KINDS[kind]} `{name}` sent none of the {history.words}",
                    help=near(name, seen),
                    rule_id=limit.id,
                )


check = Check(code="QU601", severity="warning", confidence="needs-data", of_history=find)
