"""The llmcost.yaml that `init` writes passes on the day it is written, where the data is no better."""

import pytest
from tests.ingesting import native, read, write

from llmcost.compose.check import check
from llmcost.compose.starting import seen, template
from llmcost.config.settings import read_settings
from llmcost.domain.errors import ExitCode
from llmcost.domain.period import parse_instant, time_zone
from llmcost.ledger.database import reading


@pytest.fixture
def calls(tmp_path):
    """Read calls of customers: `calls("2026-11-03", acme=(known, unknown))`, how many of them have a known price."""
    lines = []

    def put(day, **customers):
        for customer, counts in customers.items():
            for model, count in zip(("gpt-4o", "nobody-sells-this"), counts, strict=True):
                for _ in range(count):
                    about = {"model": model, "customer_id": customer, "request_id": f"r{len(lines)}"}
                    lines.append(native(timestamp=f"{day}T10:00:00Z", **about))
        write(tmp_path / "log.jsonl", lines)
        read(tmp_path / "llmcost.duckdb", tmp_path / "log.jsonl")

    return put


@pytest.fixture
def begun(tmp_path):
    """The text of init at an instant, and what a check makes of it then."""

    def run(as_of, tz="UTC"):
        now = parse_instant(as_of, time_zone(tz)).astimezone(time_zone(tz))
        with reading(tmp_path / "llmcost.duckdb") as ledger:
            text = template(seen(ledger, now, tz), db="./llmcost.duckdb", tz=tz)
        path = tmp_path / "llmcost.yaml"
        path.write_text(text)
        return text, check(read_settings(path), now=now)

    return run


def test_a_customer_with_more_unpriced_requests_than_all_together_passes(calls, begun):
    calls("2026-11-03", acme=(7, 3), globex=(30, 0))
    text, found = begun("2026-11-04")

    # 3 of 40 are 7.5%, of acme 3 of 10.
    assert "  unpriced: 30% # of requests, the largest share of a customer today; of all of them 8%\n" in text
    assert found.exit_code == ExitCode.OK


@pytest.mark.slow
def test_a_month_that_has_begun_may_be_worse_than_the_last_days(calls, begun):
    calls("2026-10-20", acme=(16, 0))
    calls("2026-11-03", acme=(1, 3))
    text, found = begun("2026-11-04")

    # 3 of 20 in 30 days, 3 of 4 in November.
    assert "  unpriced: 75% #" in text
    assert found.exit_code == ExitCode.OK


@pytest.mark.parametrize("tz", ["America/Los_Angeles", "Asia/Tokyo"])
@pytest.mark.slow
def test_the_month_is_that_of_the_time_zone(calls, begun, tz):
    calls("2026-10-30", acme=(9, 0))
    calls("2026-10-31", acme=(1, 1))
    text, found = begun("2026-10-31T23:00", tz)

    # 1 of 11; at 23:00 it is October in either zone.
    assert "  unpriced: 10% #" in text
    assert found.exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("environments", "named"),
    [
        (("live", "staging", "Prod"), '["staging"]'),
        (("product-demo", "production"), '["product-demo"]'),
        (("live", "production"), None),
    ],
)
def test_what_counts_as_production_is_in_no_budget_of_what_does_not(tmp_path, begun, environments, named):
    lines = [native(environment=name, request_id=name, timestamp="2026-11-03T10:00:00Z") for name in environments]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", lines))

    text, _ = begun("2026-11-04")

    assert (f"scope: {{environment: {named}}}" in text) == ("not-production" in text) == (named is not None)
