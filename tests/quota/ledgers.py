"""Ledgers with traffic written by hand."""

from datetime import datetime, timedelta

from tests.inserting import METERED_CALL


def at(text):
    """A UTC time without a zone, as the ledger keeps them."""
    return datetime.fromisoformat(text)


def call(
    started,
    *,
    user=None,
    team=None,
    account=None,
    model="gpt-4o",
    tokens=None,
    cost="0",
    seconds=None,
    tags=None,
    provider="openai",
    **columns,
):
    """A request; `tokens` are input, `seconds` is how long it took."""
    return {
        "started_at": started,
        "ended_at": None if seconds is None else started + timedelta(seconds=seconds),
        "user_id": user,
        "team": team,
        "virtual_account": account,
        "request_model": model,
        "model": model,
        "provider": provider,
        "uncached_input_tokens": tokens,
        "cost": cost,
        "tags": tags,
        **columns,
    }


def every(start, step, count, **columns):
    """`count` requests, one every `step`."""
    return [call(start + number * step, **columns) for number in range(count)]


def fill(connection, calls):
    """Put requests into a ledger, in the order given: that is also the order of their keys."""
    fixed = {
        **METERED_CALL,
        "source": "test",
        "issuer": "test",
        "cost_status": "priced",
    }
    rows = [
        {"row_key": f"00000000-0000-0000-0000-{number:012x}", "request_id": f"r{number}", **fixed, **one}
        for number, one in enumerate(calls)
    ]
    if not rows:
        return connection
    names = list(dict.fromkeys(name for row in rows for name in row))
    same = {name: rows[0].get(name) for name in names[1:] if len({str(row.get(name)) for row in rows}) == 1}
    varied = [name for name in names if name not in same]
    holes = ", ".join("?" for _ in varied)
    for start in range(0, len(rows), 1_000):
        part = rows[start : start + 1_000]
        values = ", ".join(f"({holes})" for _ in part)
        connection.execute(
            f"insert into request ({', '.join([*varied, *same])}) select *, {', '.join('?' for _ in same)} from (values {values})",
            [*same.values(), *(row.get(name) for row in part for name in varied)],
        )
    return connection
