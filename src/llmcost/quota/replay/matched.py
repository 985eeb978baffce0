"""The requests of a ledger as rows to count on: SQL with a key and a match for each limit of a plan, and the windows of instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost.domain.period import time_zone
from llmcost.domain.request import LEAF_TOKENS
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import tag_keys
from llmcost.ledger.parts import has_parts
from llmcost.ledger.timezones import offsets
from llmcost.quota.replay.columns import ENDED, Columns

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.quota.replay.plan import Plan, Slot

_INPUT = tuple(name for name in LEAF_TOKENS if "output" not in name and name != "reasoning_tokens")
_OUTPUT = tuple(name for name in LEAF_TOKENS if name not in _INPUT)
_WEIGHTS = {
    "requests": "1",
    "concurrency": "1",
    "tokens": " + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS),
    "input_tokens": " + ".join(f"coalesce({name}, 0)" for name in _INPUT),
    "output_tokens": " + ".join(f"coalesce({name}, 0)" for name in _OUTPUT),
    "cost": "cast(coalesce(cost, 0) * 1000000000000 as bigint)",
}


class MatchedRequests:
    """Requests beside the limits that are about them."""

    def __init__(self, connection: Connection, selection: Selection, made: Plan, *, shared: bool = False) -> None:
        """With `shared`, requests that lack what a limit counts by share one counter; else the limit skips them."""
        self._connection = connection
        self._selection = selection
        self._plan = made
        self._shared = shared
        self._tags = tag_keys(connection)
        self._parts = has_parts(connection)

    def source(self) -> tuple[Query, str]:
        """CTEs ending in `matched`: a row per request, with a key and a match per slot."""
        query = Query()
        rows = query.rows(self._connection, self._selection, [])
        columns = Columns(query.bind, self._tags, self._plan.roster)
        slots = self._plan.slots
        matches, keys = [], []
        for number, slot in enumerate(slots):
            others = "".join(f" and not ({columns.matches(other.match)})" for other in slot.overrides)
            matches.append(f"({columns.matches(slot.limit.match)}{others}) as match_{number}")
            key = columns.key(slot.limit.per, shared=self._shared)
            keys.append(f"case when match_{number} then {key} end as key_{number}")
        firsts = [f"{self._first(number)} as first_{number}" for number in range(len(self._plan.semantics))]
        weights = [f"{sql} as {name}" for name, sql in _WEIGHTS.items() if name != "cost"]
        columns_sql = [
            "row_key, status, http_status, cost_status",
            "epoch_us(started_at) as arrived",
            f"{ENDED} is not null as has_end",
            f"greatest(arrived, coalesce(epoch_us({ENDED}), arrived)) as ended",
            f"{_WEIGHTS['cost']} as cost",
            *weights,
            f"{columns.caller()} as caller",
            *matches,
            *keys,
        ]
        return (
            query,
            f"""
            {rows},
            call as ({self._folded() if self._parts else "select * from keyed where part = 0"}),
            described as (select {", ".join(columns_sql)} from call),
            matched as (select {", ".join(["*", *firsts])} from described)
            """,
        )

    def is_decided(self, number: int) -> str:
        """True where slot `number` has a say in a request."""
        slot = self._plan.slots[number]
        if self._plan.semantics[slot.set_number].decides == "all":
            return f"key_{number} is not null"
        return f"key_{number} is not null and first_{slot.set_number} = {slot.limit.rule}"

    def bucket(self, slot: Slot, instant: str) -> str:
        """The number of the window an instant is in; neighbours have neighbouring numbers."""
        window = slot.limit.window
        if window.kind == "lifetime":
            return "0"
        if window.kind != "calendar":
            return f"{instant} // {(window.seconds or 0) * 1_000_000}"
        stamp = f"make_timestamp({instant})"
        local = f"({stamp} + {self._offset(window.tz, stamp)} - to_seconds({window.day_start}))"
        day = f"datediff('day', date '1970-01-01', cast({local} as date))"
        match window.span:
            case "day":
                return day
            case "week":
                return f"({day} + {(3 - window.week_start) % 7}) // 7"  # 1970 began on a Thursday
            case "month":
                return f"year({local}) * 12 + month({local})"
            case "quarter":
                return f"year({local}) * 4 + quarter({local})"
            case _:
                return f"year({local})"

    def _folded(self) -> str:
        """Calls with what was billed apart inside them: the gateway saw one request."""
        counted = (*LEAF_TOKENS, "cost")
        sums = ", ".join(f"sum({name}) as part_{name}" for name in counted)
        unpriced = "case when passes_unpriced then 'unpriced' else cost_status end as cost_status"
        whole = ", ".join(f"coalesce({name} + coalesce(part_{name}, 0), part_{name}) as {name}" for name in counted)
        return f"""
            select keyed.* replace ({whole}, {unpriced})
            from keyed left join (
                select issuer as part_issuer, request_id as part_id, {sums}, bool_or(cost_status = 'unpriced') as passes_unpriced
                from keyed where part > 0 group by all
            ) on issuer = part_issuer and request_id = part_id
            where part = 0
            """

    def _first(self, set_number: int) -> str:
        """The first rule of a set that is about a request."""
        branches = [
            f"when key_{number} is not null then {slot.limit.rule}"
            for number, slot in sorted(enumerate(self._plan.slots), key=lambda pair: pair[1].limit.rule)
            if slot.set_number == set_number
        ]
        return f"case {' '.join(branches)} end" if branches else "null"

    def _offset(self, zone: str, stamp: str) -> str:
        found = self._connection.execute(
            "select min(started_at), max(coalesce(ended_at, started_at)) from request"
        ).fetchone()
        first, last = found if found is not None else (None, None)
        months: list[datetime] = []
        if first is not None and last is not None:
            month = datetime(first.year, first.month, 1)  # noqa: DTZ001  the ledger's naive UTC
            while month <= last:
                months.append(month)
                month = (month + timedelta(days=32)).replace(day=1)
        return offsets(months, UTC if zone == "UTC" else time_zone(zone)).interval(stamp)
