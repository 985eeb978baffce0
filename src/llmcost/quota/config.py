"""One gateway config found in a file: its dialect, its limits, and what its dialect had to say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost.config.nodes import Node, Text
    from llmcost.quota.limit import Limit
    from llmcost.quota.problem import Problem
    from llmcost.quota.semantics import Semantics
    from llmcost.quota.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a dialect made of the documents it claimed."""

    limits: tuple[Limit, ...] = ()
    problems: tuple[Problem, ...] = ()
    name: str | None = None
    """What the config calls itself."""
    scope: str = ""
    """What it is about, such as a team; configs of different scope do not meet."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one gateway writes limits."""

    title: str
    semantics: str
    """Name of the profile that holds unless the user says otherwise."""
    claims: Callable[[Node], bool]
    """Whether a document is of this dialect."""
    read: Callable[[tuple[Node, ...], Text], Read]
    shape: Shape | None = None
    """Its keys, for `quota schema`."""
    ordered: bool = False
    """Whether the order of rules means something, so that one can hide another."""
    whole_file: bool = False
    """Whether all documents of a file are one config."""
    unique_ids: bool = False
    """Whether a rule's id is how the gateway names it in a response."""
    alerts: bool = False
    """Whether somebody can be told before a budget is spent."""
    types: tuple[str, ...] = ()
    """Values of `type:` it answers to."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Config:
    """One config and how it is read."""

    source: Text
    dialect_id: str
    dialect: Dialect
    semantics: Semantics
    documents: tuple[Node, ...]
    limits: tuple[Limit, ...]
    problems: tuple[Problem, ...]
    name: str | None
    scope: str = ""
    notes: tuple[str, ...] = ()
    roster: Mapping[str, frozenset[str]] | None = None
    """Teams by user, where the user said who is in which."""

    @property
    def root(self) -> Node:
        """Its first document."""
        return self.documents[0]

    @property
    def type(self) -> str | None:
        """What its `type:` says."""
        node = self.root.get("type") if self.root.kind == "mapping" else None
        return None if node is None else node.text

    @cached_property
    def rules(self) -> list[Limit]:
        """The first limit of each rule, without overrides."""
        found: dict[int, Limit] = {}
        for limit in self.limits:
            if limit.base is None:
                found.setdefault(limit.rule, limit)
        return [found[number] for number in sorted(found)]
