"""Make a ledger of customers with one request a month: `python benchmarks/customers.py CUSTOMERS LEDGER`.

Twelve months; usage from a thousand to thirty million tokens.
"""

import sys
from pathlib import Path

from llmcost.ledger.database import writing

_ROWS = """
    with used as (select i, m, 1000 + cast(hash(i, m) % 30000000 as bigint) as tokens from range($count) as customers (i), range(12) as months (m))
    select
        cast(md5(i || '-' || m) as uuid) as row_key, i || '-' || m as request_id, 0 as part, 'bench' as source,
        'bench' as issuer, 1 as ingest_id, timestamp '2026-01-10' + to_months(cast(m as integer)) as started_at,
        'log' as time_origin, true as final, 'openai' as provider, 'gpt-4o' as request_model, 'gpt-4o' as model,
        'chat' as operation, 'ok' as status, false as gateway_cached, 'customer-' || i as customer_id,
        tokens as uncached_input_tokens, 'billed' as usage_origin, cast(tokens * 0.000002 as decimal(18, 12)) as cost,
        'priced' as cost_status, 'metered' as charge_basis
    from used
"""


def main() -> None:
    """Write the ledger."""
    count, path = int(sys.argv[1]), Path(sys.argv[2])
    with writing(path) as ledger:
        ledger.execute(f"insert into request by name {_ROWS}", {"count": count})


if __name__ == "__main__":
    main()
