"""Who is in which team, which no gateway config says: read from a file the user gives.

A CSV file has the columns `user` and `team`, a row for each membership. A YAML file maps a user to a team or a list of teams:

    bob@example.com: [research, platform]
    ann@example.com: sales

What the file says of a user is all there is: a user who is in it is in no other team.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from llmcost.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost.quota.limit import Limit

    Roster = Mapping[str, frozenset[str]]
    """Teams by user, without the prefixes `team:` and `user:`."""


def read_roster(path: Path) -> Roster:
    """The teams of every user in a file; ConfigError when it is none."""
    if path.suffix.lower() == ".csv":
        return _of_csv(path)
    return _of_yaml(path)


def informed(limits: tuple[Limit, ...], roster: Roster | None) -> tuple[Limit, ...]:
    """The limits, with conditions on subjects that know who is in which team."""
    if roster is None:
        return limits
    return tuple(
        replace(
            limit,
            match=replace(
                limit.match,
                conditions=tuple(
                    replace(condition, roster=roster) if condition.dimension == "subject" else condition
                    for condition in limit.match.conditions
                ),
            ),
        )
        for limit in limits
    )


def _of_csv(path: Path) -> Roster:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
    found: dict[str, set[str]] = {}
    try:
        rows = csv.DictReader(io.StringIO(text), strict=True)
        if not {"user", "team"} <= set(rows.fieldnames or ()):
            raise ConfigError(f"{path}:1: a roster has the columns user and team", hint="user,team")
        for row in rows:
            user, team = _bare(row["user"] or "", "user"), _bare(row["team"] or "", "team")
            if user:
                found.setdefault(user, set()).update({team} - {""})
    except csv.Error as error:
        raise ConfigError(f"{path}: not CSV: {error}") from None
    return _frozen(found)


def _of_yaml(path: Path) -> Roster:
    from llmcost.config.yaml import read_document

    document = read_document(path)
    if not isinstance(document.value, dict):
        raise document.error("a roster maps users to teams", hint="bob@example.com: [research]")
    found: dict[str, set[str]] = {}
    for user, teams in document.value.items():
        listed = teams if isinstance(teams, list) else [] if teams is None else [teams]
        if not all(isinstance(team, str) for team in listed):
            raise document.error(f"the teams of {user!r} are no list of names", user)
        found.setdefault(_bare(user, "user"), set()).update(_bare(team, "team") for team in listed)
    return _frozen(found)


def _bare(text: str, prefix: str) -> str:
    return text.strip().removeprefix(f"{prefix}:").strip()


def _frozen(found: dict[str, set[str]]) -> Roster:
    return MappingProxyType({user: frozenset(teams) for user, teams in found.items()})
