"""What is behind one prompt: the calls that share a trace, counted and added up per trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)

# Parts of one call are rows with no call of their own; a trace of nothing but aggregates has no calls. A call that does not
# tell its end ends no earlier than it began; where no call tells, and all began at once, nothing is known.
_TRACE = f"""
    trace as (
        select
            key_0 as trace,
            cast(sum(calls) as bigint) as calls,
            sum(cost) as cost,
            cast({metric("unpriced_requests").numerator} as bigint) as unpriced,
            list_sum([
                sum(uncached_input_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens),
                sum(cache_write_1h_tokens), sum(input_audio_tokens), sum(cache_read_audio_tokens),
                sum(input_image_tokens), sum(output_text_tokens), sum(reasoning_tokens),
                sum(output_audio_tokens), sum(output_image_tokens)
            ]) as tokens,
            case when count(ended_at) + count(latency_ms) > 0 or max(started_at) > min(started_at) then
                max(coalesce(epoch_ms(ended_at), epoch_ms(started_at) + latency_ms, epoch_ms(started_at)))
                - epoch_ms(min(started_at))
            end as duration,
            count(*) filter (where status = 'error') as failed
        from keyed
        where key_0 is not null
        group by key_0
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The traces with at least so many calls and at most so many."""

    least: int
    most: int | None
    traces: int
    calls: int
    cost: Decimal | None
    priced: int
    """The traces with a cost; of the others none is known."""
    unpriced: int
    """Calls whose cost is unknown."""
    tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One trace."""

    name: str
    calls: int
    cost: Decimal | None
    unpriced: int
    """Calls whose cost is unknown, which is not in that of the trace."""
    tokens: int | None
    duration: float | None
    """Milliseconds from the start of the first call to the end of the last; None where no call tells."""
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """All traces of a selection."""

    bands: tuple[Band, ...]
    calls: tuple[float | None, ...]
    cost: tuple[Decimal | None, ...]
    duration: tuple[float | None, ...]
    """The three by `QUANTILES`, each of its own order."""
    costliest: tuple[Trace, ...]


def traces(
    connection: "DuckDBPyConnection", selection: Selection, key: Key, bounds: Sequence[tuple[int, int | None]], top: int
) -> Traces:
    """Count the traces by how many calls they have, within `bounds` in order, and name the costliest."""
    query = Query()
    source = query.rows(connection, selection, [key])
    connection.execute(f"create or replace temp table found_trace as {source}, {_TRACE} from trace", query.parameters)
    bands = tuple(_band(connection, least, most) for least, most in bounds)
    marks = ", ".join(map(str, QUANTILES))
    quantiles = connection.execute(
        f"select quantile_cont(calls, [{marks}]), quantile_disc(cost, [{marks}]), quantile_cont(duration, [{marks}]) "
        "from found_trace"
    ).fetchone() or (None, None, None)
    costliest = connection.execute(
        "select trace, calls, cost, tokens, duration, failed, unpriced from found_trace order by cost desc nulls last, trace "
        "limit $top",
        {"top": top},
    ).fetchall()
    connection.execute("drop table found_trace")
    nothing = (None,) * len(QUANTILES)
    return Traces(
        bands=bands,
        calls=tuple(quantiles[0] or nothing),
        cost=tuple(quantiles[1] or nothing),
        duration=tuple(quantiles[2] or nothing),
        costliest=tuple(
            Trace(
                name=row[0],
                calls=row[1],
                cost=row[2],
                tokens=row[3],
                duration=row[4],
                failed=row[5],
                unpriced=row[6],
            )
            for row in costliest
        ),
    )


def _band(connection: "DuckDBPyConnection", least: int, most: int | None) -> Band:
    row = connection.execute(
        """
        select count(*), coalesce(sum(calls), 0), sum(cost), sum(tokens), count(cost), coalesce(sum(unpriced), 0)
        from found_trace
        where calls >= $least and calls <= coalesce($most, calls)
        """,
        {"least": least, "most": most},
    ).fetchone() or (0, 0, None, None, 0, 0)
    return Band(
        least=least,
        most=most,
        traces=row[0],
        calls=int(row[1]),
        cost=row[2],
        tokens=row[3],
        priced=row[4],
        unpriced=int(row[5]),
    )
