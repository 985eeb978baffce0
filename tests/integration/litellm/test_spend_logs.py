"""Calls through a real LiteLLM proxy, then its spend logs into the ledger, as files and over its API."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ingesting import query, read, rows
from tests.integration import stand_in
from tests.integration.litellm import proxy as litellm

import llmcost

pytestmark = pytest.mark.integration

MODELS = {
    # Prices per million: input, cache read, cache write, output.
    "gpt-4o-mini": ("0.15", "0.075", "0", "0.60"),
    "fast": ("0.25", "0.025", "0", "2"),
    "claude-sonnet": ("3", "0.30", "3.75", "15"),
}


def cost_of(model: str, words: int) -> Decimal:
    """Worked out from what the stand-ins answer."""
    price_in, read_, write, out = map(Decimal, MODELS[model])
    if model == "claude-sonnet":
        tokens = 60 * price_in + 30 * read_ + 10 * write + 10 * out
    else:
        tokens = 60 * price_in + 40 * read_ + 10 * out
    return words * tokens / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A proxy that has been called, and what is known of the calls."""

    proxy: litellm.Proxy
    began: datetime
    costs: list[Decimal]
    """Of the calls that were answered by a provider and have a price."""
    said: list[Decimal]
    """What the proxy said they cost, in its answers."""
    failed: int
    cached: int
    unknown: int

    @property
    def calls(self) -> int:
        return len(self.costs) + self.failed + self.cached + self.unknown


@pytest.fixture(scope="module")
def traffic(tmp_path_factory):
    missing = litellm.why_not()
    if missing is not None:
        pytest.skip(missing)
    with stand_in.serving() as providers, litellm.serving(providers, tmp_path_factory.mktemp("litellm")) as proxy:
        yield _called(proxy)


def _called(proxy: litellm.Proxy) -> Traffic:
    began = datetime.now(UTC).replace(microsecond=0)
    costs, said, cached = [], [], 0
    for round_ in range(1, 4):
        for number, model in enumerate(MODELS):
            words = 3 * round_ + number
            body = _body(
                model, " ".join([f"w{round_}"] * words), user=f"customer-{number}", tags=[f"feature:f{round_}", "beta"]
            )
            status, headers, _ = proxy.ask("POST", "/v1/chat/completions", body)
            assert status == 200
            costs.append(cost_of(model, words))
            said.append(Decimal(headers["x-litellm-response-cost"]))
            # The same again is answered from the proxy's own cache.
            status, headers, _ = proxy.ask("POST", "/v1/chat/completions", body)
            assert status == 200
            cached += 1
    # Windows end on whole seconds, and one of them is to end between the calls.
    time.sleep(1.1)
    failed = 0
    for number in range(2):
        assert (
            proxy.ask("POST", "/v1/chat/completions", _body("gpt-4o-mini", f"fail {number}", user="customer-0"))[0]
            >= 400
        )
        failed += 1
    unknown = 0
    for number in range(2):
        assert (
            proxy.ask("POST", "/v1/chat/completions", _body("house-model", f"hello {number}", user="customer-9"))[0]
            == 200
        )
        unknown += 1
    found = Traffic(proxy=proxy, began=began, costs=costs, said=said, failed=failed, cached=cached, unknown=unknown)
    # Rows are written after the answer.
    end = time.monotonic() + 60
    while len(pages(found)) < found.calls:
        assert time.monotonic() < end, f"{len(pages(found))} rows of {found.calls}"
        time.sleep(0.5)
    return found


def _body(model: str, text: str, *, user: str, tags: list[str] | None = None) -> dict[str, object]:
    metadata = {"tags": tags} if tags else {}
    return {"model": model, "user": user, "metadata": metadata, "messages": [{"role": "user", "content": text}]}


def pages(traffic: Traffic, size: int = 7) -> list[dict[str, object]]:
    """Every row of the second version of the API, page by page."""
    since, until = traffic.began - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    rows: list[dict[str, object]] = []
    for page in range(1, 100):
        path = (
            f"/spend/logs/v2?start_date={since:%Y-%m-%d%%20%H:%M:%S}&end_date={until:%Y-%m-%d%%20%H:%M:%S}"
            f"&page={page}&page_size={size}&sort_by=startTime&sort_order=asc"
        )
        status, _, answer = traffic.proxy.ask("GET", path)
        assert status == 200, answer
        rows += answer["data"]
        if len(answer["data"]) < size:
            break
    return rows


def compare(traffic: Traffic, ledger: Path) -> None:
    """What must stand in a ledger that has every call once."""
    assert query(ledger, "select count(*) from request") == [(traffic.calls,)]
    by_status = dict(query(ledger, "select cost_status, count(*) from request where status = 'ok' group by all"))
    assert by_status == {"priced": len(traffic.costs), "free": traffic.cached, "unpriced": traffic.unknown}
    assert query(ledger, "select count(*), coalesce(sum(cost), 0) from request where status <> 'ok'") == [
        (traffic.failed, 0)
    ]
    # Ours, by hand; the proxy's own, in its table and in its answers.
    assert query(ledger, "select sum(cost) from request where cost_status = 'priced'") == [(sum(traffic.costs),)]
    assert query(ledger, "select gateway_cached, count(*) from request where status = 'ok' group by all order by all") == [
        (False, len(traffic.costs) + traffic.unknown), (True, traffic.cached),
    ]  # fmt: skip
    differences = query(
        ledger,
        "select model, cost, reported_cost from request where cost_status = 'priced' and abs(cost - reported_cost) > 1e-12",
    )
    assert differences == []
    # It counts in floating point.
    assert sum(round(one, 12) for one in traffic.said) == sum(traffic.costs)
    found = query(
        ledger,
        "select customer_id, feature, count(*) from request where cost_status = 'priced' group by all order by all",
    )
    assert found == [(f"customer-{number}", f"f{round_}", 1) for number in range(3) for round_ in range(1, 4)]


def test_answers_saved_to_files(traffic, tmp_path):
    """Both versions of the API, one after the other and overlapping: each call once."""
    first = traffic.began.date()
    status, _, old = traffic.proxy.ask(
        "GET", f"/spend/logs?start_date={first}&end_date={first + timedelta(days=2)}&summarize=false"
    )
    assert status == 200
    rows = pages(traffic)
    half = len(rows) // 2
    for name, content in (("a", rows[: half + 3]), ("b", rows[half - 3 :]), ("old", old)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    results = [read(tmp_path / "ledger", tmp_path / f"{name}.json") for name in ("a", "b", "old")]
    assert [result.total("new") for result in results] == [half + 3, len(rows) - half - 3, 0]
    assert sum(result.total("conflicts") for result in results) == 0
    compare(traffic, tmp_path / "ledger")


def pull(traffic: Traffic, ledger: Path, *arguments: str, gateway: str = "litellm") -> dict[str, int]:
    """The totals of one pull."""
    url = traffic.proxy.url if gateway == "litellm" else traffic.proxy.database
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(llmcost.__file__).parents[1]),
        "LITELLM_API_KEY": traffic.proxy.key,
        "PGUSER": "llm",
    }
    command = [
        *(sys.executable, "-m", "llmcost", "ingest", "--from", gateway, "--url", url),
        *("--db", str(ledger), "--format", "json", *arguments),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert traffic.proxy.key not in done.stdout + done.stderr
    totals = json.loads(done.stdout)["totals"]
    return {name: totals[name] for name in ("new", "conflicts", "rejected")}


def test_pulled_twice_and_in_overlapping_windows(traffic, tmp_path):
    ledger = tmp_path / "ledger"
    between = max(datetime.fromisoformat(str(row["startTime"])) for row in pages(traffic)).replace(tzinfo=UTC)
    hour = timedelta(hours=1)
    first = pull(
        traffic,
        ledger,
        "--since",
        f"{traffic.began - hour:%Y-%m-%dT%H:%M:%SZ}",
        "--until",
        f"{between:%Y-%m-%dT%H:%M:%SZ}",
    )
    assert 0 < first["new"] < traffic.calls
    second = pull(traffic, ledger, "--since", f"{traffic.began - hour / 2:%Y-%m-%dT%H:%M:%SZ}")
    assert first["new"] + second["new"] == traffic.calls
    again = pull(traffic, ledger)
    anew = pull(traffic, ledger, "--since", f"{traffic.began - hour:%Y-%m-%dT%H:%M:%SZ}", "--again")
    assert [one["new"] for one in (again, anew)] == [0, 0]
    assert all(one["conflicts"] == one["rejected"] == 0 for one in (first, second, again, anew))
    compare(traffic, ledger)


def test_the_database_says_what_the_api_says(traffic, tmp_path):
    since = f"{traffic.began - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    pull(traffic, tmp_path / "of-api", "--since", since)
    assert pull(traffic, tmp_path / "ledger", "--since", since, gateway="litellm-postgres")["new"] == traffic.calls
    compare(traffic, tmp_path / "ledger")
    assert rows(tmp_path / "ledger") == rows(tmp_path / "of-api")
    again = pull(traffic, tmp_path / "of-api", "--since", since, gateway="litellm-postgres")
    assert (again["new"], again["conflicts"]) == (0, 0)


def test_a_pull_meets_what_files_held(traffic, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(pages(traffic)[:5]))
    assert read(tmp_path / "ledger", tmp_path / "rows.json").total("new") == 5
    assert pull(traffic, tmp_path / "ledger", "--since", f"{traffic.began:%Y-%m-%d}")["new"] == traffic.calls - 5
    compare(traffic, tmp_path / "ledger")
