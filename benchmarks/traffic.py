"""Make a ledger of many small requests, without logs: `python benchmarks/traffic.py REQUESTS LEDGER`.

Thirty days of 5,000 users by Zipf's law. A quarter of the requests come in bursts of 20 seconds at the full hour, so that
the busiest users go far beyond 30 requests a minute and most users never come near.
"""

import sys
from pathlib import Path

from llmcost.ledger.database import writing

_ROWS = """
    with random_numbers as (
        select i, hash(i, 1) / 18446744073709551616 as r1, hash(i, 2) / 18446744073709551616 as r2,
            hash(i, 3) / 18446744073709551616 as r3, hash(i, 4) / 18446744073709551616 as r4
        from range($count) as numbers (i)
    ),
    timed as (
        select *, (i + r1) / $count * 30 * 86400 as second from random_numbers
    )
    select
        cast(md5(cast(i as varchar)) as uuid) as row_key,
        'r' || i as request_id, 0 as part, 'bench' as source, 'bench' as issuer, 1 as ingest_id,
        timestamp '2026-10-01' + to_microseconds(cast(1e6 * case
            when r2 < 0.25 then floor(second / 3600) * 3600 + 20 * r1 else second
        end as bigint)) as started_at,
        'log' as time_origin, true as final, 'openai' as provider, 'gpt-4o' as request_model, 'gpt-4o' as model,
        'chat' as operation, 'ok' as status, false as gateway_cached,
        'user-' || cast(floor(exp(r3 * ln(5000))) as integer) as user_id,
        cast(3000 * r4 as bigint) as uncached_input_tokens, 'billed' as usage_origin,
        cast(cast(3000 * r4 as bigint) * 0.0000025 as decimal(18, 12)) as cost,
        'priced' as cost_status, 'metered' as charge_basis
    from timed
"""


def main() -> None:
    """Write the ledger."""
    count, path = int(sys.argv[1]), Path(sys.argv[2])
    with writing(path) as ledger:
        ledger.execute(f"insert into request by name {_ROWS}", {"count": count})


if __name__ == "__main__":
    main()
