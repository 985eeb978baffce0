"""Passes billed apart inside a call are part of its cost, and no calls: nobody asked twice, and no thread grew by them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.inserting import METERED_CALL, insert

from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.traffic import Floors, open_traffic
from llmcost.pricing.price_list import load_price_list

SPREAD = 0x9E3779B97F4A7C15
START = datetime(2026, 9, 1, tzinfo=UTC).replace(tzinfo=None)


def call(number, *costs, hours=6, start=0, small=None, **values):
    """A call and its passes, each of that cost; one every so many hours. `small` is what a pass takes in and puts out."""
    common = {
        **METERED_CALL,
        "request_id": f"call-{values.get('feature')}-{values.get('user_id')}-{start}-{number}",
        "started_at": START + timedelta(hours=start + hours * number),
        **dict.fromkeys(("source", "issuer"), "anthropic"),
        "cost_status": "priced",
        "provider": "anthropic",
        "request_model": "claude-opus-4-5",
        "model": "claude-opus-4-5",
        "uncached_input_tokens": 3000,
        "output_text_tokens": 300,
        "feature": "agent",
        "api_key_id": "one",
        **values,
    }
    apart = {} if small is None else dict(zip(("uncached_input_tokens", "output_text_tokens"), small, strict=True))
    return [
        {**common, **(apart if part else {}), "part": part, "cost": Decimal(cost), "input_cost": Decimal(cost)}
        for part, cost in enumerate(costs)
    ]


TRAFFIC = [
    # 40 prompts, none asked twice; and 40 of which none is like another.
    *(call(number, *["1"] * 4, prompt_hash=f"hash-{number}") for number in range(40)),
    *(
        call(number, *["1"] * 4, feature="worded", tags=f'{{"prompt_sketch":"{SPREAD * number % 2**64:016x}"}}')
        for number in range(40)
    ),
    # Twelve threads of three turns, the last of which is six times the first.
    *(
        call(3 * thread + turn, "1", "1", feature="threads", session_id=f"s-{thread}", uncached_input_tokens=size)
        for thread in range(12)
        for turn, size in enumerate((1500, 5000, 9000))
    ),
    # Prompts of one size, six hours apart: each $0.015 in and $0.0075 out, which no cache of five minutes makes cheaper.
    *(call(number, "0.0225", "0.0225", feature="sizes") for number in range(60)),
    # Large calls, each with small passes: 500 in and 50 out.
    *(
        call(
            number,
            "0.0475",
            *["0.00375"] * 3,
            feature="large",
            small=(500, 50),
            uncached_input_tokens=5500,
            output_text_tokens=800,
        )
        for number in range(60)
    ),
    # A job of eight calls a day.
    *(
        call(number, *["0.0225"] * 4, hours=0.1, start=24 * day, feature="job", user_id="cron")
        for day in range(8)
        for number in range(8)
    ),
    # 100 of 400 calls fail after three passes.
    *(
        call(number, "1", "1", "1", feature="failing", status="error" if number % 4 == 0 else "ok", hours=1)
        for number in range(400)
    ),
    # Eight people leave after two days, a clock goes on for 30: $2 a time.
    *(call(number, "1", "1", feature="tips", user_id=f"u-{number % 8}", hours=1) for number in range(40)),
    *(call(number, "1", "1", feature="tips", user_id="cron", start=48) for number in range(120)),
]
NONE = (
    "duplicate-requests",
    "near-duplicates",
    "context-growth",
    "missing-cache",
    "model-overuse",
    "batchable-traffic",
)


def test_a_pass_is_no_call(ledger):
    insert(ledger, "request", [row for rows in TRAFFIC for row in rows])
    traffic = open_traffic(
        ledger,
        Selection(period=Period(), zone=UTC, basis="requests"),
        load_price_list(),
        production=("production",),
        floors=Floors(requests=5, cost=Decimal("0.01"), share=Decimal(0)),
    )
    found = {name: list(known_detectors()[name].find(traffic)) for name in (*NONE, "error-waste", "zombie-feature")}

    assert [(name, one.headline) for name in NONE for one in found[name]] == []
    (failing,), (deserted,) = found["error-waste"], found["zombie-feature"]
    told = failing.evidence
    assert (told["failed"], told["failed_and_charged"], told["error_rate"], failing.cost) == (100, 100, 0.25, 300)
    assert (deserted.requests, deserted.cost, deserted.evidence["hours_between_calls"]) == (120, 240, 6.0)
