"""Codex CLI rollouts: `$CODEX_HOME/{sessions,archived_sessions}/**/*.jsonl`.

A `token_count` event carries the session's cumulative `total_token_usage`; a call is what the totals grew by, an event
that repeats them is none (https://github.com/openai/codex). Input includes cached input, output includes reasoning. A fork
starts with a copy of its parent's events under new timestamps, so the id of a call is a hash chained over the totals so
far and rooted at the session the family began with: a copied prefix yields the parent's ids, and is one with it. The
family is known from the sessions of the same run; a fork read in a run without its own grandparent's file may take
another root.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source

_KINDS = frozenset(("session_meta", "turn_context", "event_msg", "response_item", "compacted"))
_COUNTS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")

_WHOLE = re.compile(r"[0-9]{1,16}(\.0+)?")

Counts = dict[str, int]


def is_rollout(record: Record) -> bool:
    """A line of a rollout."""
    kind = record.get("type")
    return isinstance(kind, str) and kind in _KINDS and isinstance(record.get("payload"), dict)


def lineage(record: Record) -> tuple[str, str] | None:
    """(session, the session it was forked from), from the line that opens a fork."""
    if not is_rollout(record) or record["type"] != "session_meta":
        return None
    session, parent = _session(record["payload"]), record["payload"].get("forked_from_id")
    return (session, parent) if session and isinstance(parent, str) and parent else None


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
        if record["type"] == "session_meta":
            known.update([pair] if (pair := lineage(record)) else [])
            opened = _opened(payload, known)
            if opened.session in rollout.family:
                # A fork repeats the lines its ancestors began with; the same line may also open a copy of their files.
                repeated = opened
            else:
                rollout, repeated, turn = opened, None, {}
        elif record["type"] == "turn_context":
            turn = payload
        elif payload.get("type") == "token_count" and isinstance(info := payload.get("info"), dict):
            if repeated is not None and rollout.falls(info):
                rollout = repeated
            repeated = None
            # A count that is none is left for the mapping to name; the next totals hold what this event added.
            used = _no_count(info) or rollout.used(info)
            if used is not None:
                yield (
                    line,
                    {"codex_call": {**rollout.described(info, turn), "timestamp": record.get("timestamp"), **used}},
                )


@dataclass(slots=True, kw_only=True)
class _Rollout:
    """What is known at some line of a rollout."""

    session: str | None = None
    family: frozenset[str] = frozenset()
    """The session and those it descends from."""
    root: str | None = None
    cwd: Any = None
    branch: Any = None
    provider: Any = None
    totals: Counts | None = None
    chain: bytes = b""

    def falls(self, info: Record) -> bool:
        """Whether the totals of this event are below those before it."""
        totals = _counts(info.get("total_token_usage"))
        return totals is not None and self.totals is not None and sum(totals.values()) < sum(self.totals.values())

    def used(self, info: Record) -> Counts | None:
        """What a `token_count` event adds to the totals before it; None when nothing."""
        last, totals = _counts(info.get("last_token_usage")), _counts(info.get("total_token_usage"))
        before, self.totals = self.totals, totals or self.totals
        if totals is None or totals == before:
            return None
        self.chain = hashlib.sha256(self.chain + repr([totals[name] for name in _COUNTS]).encode()).digest()
        grown = {name: totals[name] - (before[name] if before else 0) for name in _COUNTS}
        began_anew = min(grown["input_tokens"], grown["output_tokens"]) < 0
        began_earlier = before is None and last is not None and sum(totals.values()) > sum(last.values())
        if began_anew or began_earlier:
            grown = last or totals
        grown = {name: max(count, 0) for name, count in grown.items()}
        return grown if any(grown.values()) else None

    def described(self, info: Record, turn: Record) -> Record:
        """Whose call it is."""
        return {
            "id": f"{self.root}:{self.chain.hex()[:32]}" if self.root else None,
            "session": self.session,
            "model": info.get("model") or turn.get("model"),
            "cwd": turn.get("cwd") or self.cwd,
            "git_branch": self.branch,
            "provider": self.provider,
            "effort": turn.get("effort"),
        }


def _opened(payload: Record, parents: Mapping[str, str]) -> _Rollout:
    session, parent = _session(payload), payload.get("forked_from_id")
    family = [session] if session else []
    while isinstance(parent, str) and parent and parent not in family:
        family.append(parent)
        parent = parents.get(parent)
    root = family[-1] if family else None
    git = payload.get("git")
    return _Rollout(
        session=session,
        family=frozenset(family),
        root=root,
        cwd=payload.get("cwd"),
        branch=git.get("branch") if isinstance(git, dict) else None,
        provider=payload.get("model_provider"),
        chain=(root or "").encode("utf-8", "replace"),
    )


def _session(payload: Record) -> str | None:
    found = payload.get("id") or payload.get("session_id")
    return found if isinstance(found, str) else None


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


source = Source(
    title="Codex CLI rollouts",
    revision=2,
    issuer="'codex'",
    claims="@codex_call.timestamp is not null or @codex_call.input_tokens is not null",
    recognises_stream=is_rollout,
    stream=calls,
    lineage=lineage,
    fields={
        "request_id": "@codex_call.id",
        "started_at": "@codex_call.timestamp:time",
        "provider": "coalesce(filled(@codex_call.provider), 'openai')",
        "response_model": "filled(@codex_call.model)",
        "session_id": "filled(@codex_call.session)",
        "project": "filled(@codex_call.cwd)",
        "uncached_input_tokens": "beyond(#codex_call.input_tokens, #codex_call.cached_input_tokens)",
        "cache_read_tokens": "#codex_call.cached_input_tokens",
        "cache_write_5m_tokens": "0",
        "cache_write_1h_tokens": "0",
        "output_text_tokens": "beyond(#codex_call.output_tokens, #codex_call.reasoning_output_tokens)",
        "reasoning_tokens": "#codex_call.reasoning_output_tokens",
    },
    tags=(
        """concat_ws(',', pair('cwd', @codex_call.cwd), pair('git_branch', @codex_call.git_branch),
            pair('effort', @codex_call.effort))""",
    ),
)
