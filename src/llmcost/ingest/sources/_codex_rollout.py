"""Rollouts of Codex CLI, line by line, as the calls they tell of.

A `token_count` event carries the session's cumulative `total_token_usage`; a call is what the totals grew by, an event
that repeats them is none (https://github.com/openai/codex). A fork starts with a copy of its parent's events under new
timestamps, so the id of a call is a hash chained over the totals so far and rooted at the session the family began with: a
copied prefix yields the parent's ids, and is one with it. The family is known from the sessions of the same run, and from those
read before that are still there; a fork of a fork that is read before its parent takes another root.

A sub-agent names its parent without being a fork of it. Some begin with a copy of the parent's events, and then either repeat
the line that opens the parent or say with which ordinal their own history starts; the others begin with nothing.

What a compaction used is in no total: its `token_usage_record` alone tells, by the id of its response
(https://github.com/openai/codex/issues/47003).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmcost.ingest.source import Numbered, Record

_KINDS = frozenset(
    (
        *("session_meta", "turn_context", "event_msg", "response_item", "compacted"),
        *("token_usage_record", "world_state"),
    )
)
_LINE_KEYS = frozenset(("timestamp", "ordinal", "type", "payload"))

_CHAINED = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
"""What the ids are made of. Counts that came later are no part of them, so that ids stay."""
_COUNTS = (*_CHAINED, "cache_write_input_tokens")

_WHOLE = re.compile(r"[0-9]{1,16}(\.0{1,2}|\.0{4,})?")

Counts = dict[str, int]


def is_rollout(record: Record) -> bool:
    """A line of a rollout: of a kind we know, or numbered as theirs are."""
    kind = record.get("type")
    if not isinstance(kind, str) or not isinstance(record.get("payload"), dict):
        return False
    return kind in _KINDS or (isinstance(record.get("ordinal"), int) and record.keys() <= _LINE_KEYS)


def lineage(record: Record) -> tuple[str, str] | None:
    """(session, its parent), from the line that opens a fork or a sub-agent."""
    if not is_rollout(record) or record["type"] != "session_meta":
        return None
    session, parent = _session(record["payload"]), _parent(record["payload"])
    return (session, parent) if session and parent else None


def calls(numbered: Iterable[Numbered], parents: Mapping[str, str]) -> Iterator[Numbered]:
    """One record `codex_call` per call of the rollout, or rollouts, of one file."""
    rollout = _Rollout()
    repeated: _Rollout | None = None
    turn: Record = {}
    known = dict(parents)
    for line, record in numbered:
        if not is_rollout(record):
            continue
        payload = record["payload"]
        kind = record["type"]
        found: Record | None = None
        if kind == "session_meta":
            known.update([pair] if (pair := lineage(record)) else [])
            opened = _opened(payload, known)
            if opened.session in rollout.family:
                # A fork repeats the lines its ancestors began with; the same line may also open a copy of their files.
                repeated = opened
                rollout.repeat()
            else:
                rollout, repeated, turn = opened, None, {}
        elif kind == "turn_context":
            turn = payload
        elif kind == "token_usage_record":
            rollout.note(record)
        elif kind == "compacted":
            found = rollout.compaction(payload)
        elif payload.get("type") == "token_count" and isinstance(info := payload.get("info"), dict):
            if repeated is not None and rollout.falls(info):
                rollout = repeated
            repeated = None
            if rollout.copies(record):
                rollout.pass_over(info)
            else:
                found = rollout.call(info, record.get("timestamp"))
        if found is not None and not rollout.copies(record):
            yield line, {"codex_call": {**rollout.described(turn), **found}}


@dataclass(slots=True, kw_only=True)
class _Rollout:
    """What is known at some line of a rollout."""

    session: str | None = None
    family: tuple[str, ...] = ()
    """The session and those it descends from, nearest first."""
    root: str | None = None
    own_from: int | None = None
    """The ordinal of the first line that is no copy of another session's."""
    cwd: Any = None
    branch: Any = None
    provider: Any = None
    totals: Counts | None = None
    chain: bytes = b""
    noted: dict[str, tuple[Any, Counts]] = field(default_factory=dict)
    """Response -> when it came and what it used, where no event told of it as well."""
    compacted: Counts | None = None
    """What compaction used since the last totals."""

    def copies(self, record: Record) -> bool:
        """Whether a line is another session's, which has a file of its own."""
        ordinal = record.get("ordinal")
        return self.own_from is not None and isinstance(ordinal, int) and ordinal < self.own_from

    def repeat(self) -> None:
        """The copy of an ancestor begins: its calls have the ancestor's ids."""
        if self.totals is None and self.own_from is None and self.family:
            self.root = self.family[-1]
            self.chain = _chain_of(self.root)

    def falls(self, info: Record) -> bool:
        """Whether the totals of this event are below those before it."""
        totals = _counts(info.get("total_token_usage"))
        if totals is None or self.totals is None:
            return False
        return sum(totals[name] for name in _CHAINED) < sum(self.totals[name] for name in _CHAINED)

    def note(self, record: Record) -> None:
        """Keep what a response used, until an event tells of it as well."""
        payload = record["payload"]
        used = _counts(payload.get("usage"))
        if used is not None and isinstance(response := payload.get("response_id"), str):
            self.noted[response] = (record.get("timestamp"), used)

    def compaction(self, payload: Record) -> Record | None:
        """The call that made the summary, where its response was noted."""
        response = payload.get("compaction_response_id")
        if not isinstance(response, str) or response not in self.noted:
            return None
        at, used = self.noted.pop(response)
        self.compacted = used
        return {"id": response, "timestamp": at, **used}

    def pass_over(self, info: Record) -> None:
        """Take the totals of an event that is a copy, of which nothing is ours."""
        self.totals = _counts(info.get("total_token_usage")) or self.totals

    def call(self, info: Record, at: Any) -> Record | None:
        """The call of a `token_count` event."""
        # A count that is none is left for the mapping to name; the next totals hold what this event added.
        used: Record | None = _no_count(info) or self._used(info)
        if used is None:
            return None
        own = {"id": f"{self.root}:{self.chain.hex()[:32]}" if self.root else None, "timestamp": at}
        return {**own, **({"model": info["model"]} if info.get("model") else {}), **used}

    def _used(self, info: Record) -> Counts | None:
        """What a `token_count` event adds to the totals before it; None when nothing."""
        last, totals = _counts(info.get("last_token_usage")), _counts(info.get("total_token_usage"))
        before, self.totals = self.totals, totals or self.totals
        if totals is None or totals == before:
            return None
        self.chain = hashlib.sha256(self.chain + repr([totals[name] for name in _CHAINED]).encode()).digest()
        grown = {name: totals[name] - (before[name] if before else 0) for name in _COUNTS}
        began_anew = min(grown["input_tokens"], grown["output_tokens"]) < 0
        began_earlier = before is None and last is not None and sum(totals.values()) > sum(last.values())
        compacted, self.compacted = self.compacted, None
        holds_both = last and compacted and grown == {name: last[name] + compacted[name] for name in _COUNTS}
        if began_anew or began_earlier or holds_both:
            grown = last or totals
        grown = {name: max(count, 0) for name, count in grown.items()}
        self.noted = {response: told for response, told in self.noted.items() if told[1] != grown}
        return grown if any(grown.values()) else None

    def described(self, turn: Record) -> Record:
        """Whose call it is."""
        return {
            "session": self.session,
            "model": turn.get("model"),
            "cwd": turn.get("cwd") or self.cwd,
            "git_branch": self.branch,
            "provider": self.provider,
            "effort": turn.get("effort"),
        }


def _opened(payload: Record, parents: Mapping[str, str]) -> _Rollout:
    session, parent = _session(payload), _parent(payload)
    family = [session] if session else []
    while isinstance(parent, str) and parent and parent not in family:
        family.append(parent)
        parent = parents.get(parent)
    forked = bool(payload.get("forked_from_id"))
    root = (family[-1] if forked else family[0]) if family else None
    start = payload.get("subagent_history_start_ordinal")
    git = payload.get("git")
    return _Rollout(
        session=session,
        family=tuple(family),
        root=root,
        own_from=start if isinstance(start, int) and not forked else None,
        cwd=payload.get("cwd"),
        branch=git.get("branch") if isinstance(git, dict) else None,
        provider=payload.get("model_provider"),
        chain=_chain_of(root),
    )


def _chain_of(root: str | None) -> bytes:
    return (root or "").encode("utf-8", "replace")


def _session(payload: Record) -> str | None:
    found = payload.get("id") or payload.get("session_id")
    return found if isinstance(found, str) else None


def _parent(payload: Record) -> str | None:
    """The session that this one was forked from or spawned by."""
    spawned: Any = payload.get("source")
    for key in ("subagent", "thread_spawn"):
        spawned = spawned.get(key) if isinstance(spawned, dict) else None
    named = spawned.get("parent_thread_id") if isinstance(spawned, dict) else None
    stated = (payload.get("forked_from_id"), payload.get("parent_thread_id"), named)
    return next((parent for parent in stated if isinstance(parent, str) and parent), None)


def _counts(usage: Any) -> Counts | None:
    """The counts of a usage object; None when there is none or one of them is no count."""
    if not isinstance(usage, dict):
        return None
    found = {name: count for name in _COUNTS if (count := _count(usage.get(name))) is not None}
    return found if len(found) == len(_COUNTS) else None


def _count(stated: Any) -> int | None:
    """A whole count as the mapping knows it, `12`, `12.0` or `"12"`; zero where nothing is stated."""
    text = "0" if stated in (None, "") else str(stated)
    return int(text.split(".")[0]) if _WHOLE.fullmatch(text) else None


def _no_count(info: Record) -> Record | None:
    """Of the counts of a `token_count` event, those that are none."""
    usages = [usage for key in ("total_token_usage", "last_token_usage") if isinstance(usage := info.get(key), dict)]
    wrong = {name: usage[name] for usage in usages for name in _COUNTS if _count(usage.get(name)) is None}
    return wrong or None
