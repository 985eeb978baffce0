"""OpenTelemetry metrics: names, buckets and encoding as the conventions say, and sums that are the ledger's."""

import json
from decimal import Decimal

import pytest
from tests import hostile
from tests.exporting import chosen
from tests.net.test_posting import answering

from llmcost.domain.errors import UsageError
from llmcost.exports.collector import address, headers
from llmcost.exports.otlp import SECOND_BOUNDS, TOKEN_BOUNDS, metrics
from llmcost.exports.otlp_documents import documents
from llmcost.ledger.database import reading

DEFAULT = 10_000


def _points(found, name):
    (metric,) = [one for one in found if one.name == name]
    return [(_attributes(point), point) for point in metric.points]


def _attributes(point):
    return {one["key"]: one["value"]["stringValue"] for one in point["attributes"]}


@pytest.fixture(scope="module")
def found(calls):
    with reading(calls) as ledger:
        return metrics(ledger, chosen(ledger), by=("customer_id",))


def test_buckets_are_those_of_the_conventions():
    assert TOKEN_BOUNDS == (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
    assert SECOND_BOUNDS == (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)


def test_tokens_are_spread_over_buckets_by_type(found):
    rows = [
        point
        for attributes, point in _points(found, "gen_ai.client.token.usage")
        if attributes["gen_ai.request.model"] == "long" and attributes["gen_ai.token.type"] == "input"
    ]

    # 1000 and 1001 tokens, three times each: all in the bucket up to 1024.
    assert sum(float(row["sum"]) for row in rows) == 3 * 2001
    assert sum(int(row["count"]) for row in rows) == 6
    assert {place for row in rows for place, count in enumerate(row["bucketCounts"]) if count != "0"} == {5}
    assert all(len(row["bucketCounts"]) == len(row["explicitBounds"]) + 1 for row in rows)
    assert (min(row["min"] for row in rows), max(row["max"] for row in rows)) == (1000, 1001)


def test_a_call_on_the_edge_is_in_the_lower_bucket(ledger):
    ledger.execute(
        "insert into request by name select uuid() as row_key, 0 as part, 's' as source, 'i' as issuer, 1 as ingest_id, "
        "timestamp '2026-11-01' as started_at, 'log' as time_origin, true as final, 'chat' as operation, 'ok' as status, "
        "false as gateway_cached, 'billed' as usage_origin, 'metered' as charge_basis, 'unpriced' as cost_status, "
        "unnest([1, 4, 5, 70000000]) as uncached_input_tokens"
    )
    ((_, point),) = _points(metrics(ledger, chosen(ledger), by=()), "gen_ai.client.token.usage")

    assert point["bucketCounts"] == ["1", "1", "1", *["0"] * 11, "1"]


def test_cost_and_calls_add_up_to_the_ledger(calls, found):
    with reading(calls) as ledger:
        cost, count, unpriced = ledger.execute(
            "select sum(cost), count(*), count(*) filter (where cost_status = 'unpriced') from request"
        ).fetchone()

    assert sum(Decimal(str(point["asDouble"])) for _, point in _points(found, "llmcost.cost")) == pytest.approx(cost)
    assert sum(int(point["asInt"]) for _, point in _points(found, "llmcost.requests")) == count
    assert sum(int(point["asInt"]) for _, point in _points(found, "llmcost.unpriced_requests")) == unpriced


def test_providers_are_called_as_opentelemetry_calls_them(ledger):
    hostile.fill(ledger)
    for name in ("aws", "azure", "google", "vertex", "x-ai", "mistral", "openai", "mine"):
        ledger.execute(
            "update request set provider = $name where row_key = (select min(row_key) from request where provider not in ('aws', 'azure', 'google', 'vertex', 'x-ai', 'mistral', 'openai'))",
            {"name": name},
        )
    names = {
        attributes["gen_ai.provider.name"] for attributes, _ in _points(metrics(ledger, chosen(ledger)), "llmcost.cost")
    }

    assert names >= {
        "aws.bedrock",
        "azure.ai.openai",
        "gcp.gemini",
        "gcp.vertex_ai",
        "x_ai",
        "mistral_ai",
        "openai",
        "mine",
    }


def test_a_point_is_what_happened_in_its_span(found):
    spans = {(point["startTimeUnixNano"], point["timeUnixNano"]) for _, point in _points(found, "llmcost.requests")}

    # 10:00 on the 1st, 23:00 on the 2nd and 00:00 on the 30th of November 2026, an hour each.
    assert spans == {
        (f"{start}000000000", f"{start + 3600}000000000") for start in (1793527200, 1793660400, 1795996800)
    }


def test_a_group_without_a_value_has_no_attribute(found):
    customers = {attributes.get("llmcost.customer_id") for attributes, _ in _points(found, "llmcost.cost")}

    assert customers == {"acme", "globex", None}


def test_a_span_of_time_is_no_attribute(calls):
    with reading(calls) as ledger, pytest.raises(UsageError, match="'hour' is a span of time"):
        metrics(ledger, chosen(ledger), by=("hour",))


def test_documents_are_what_collectors_read(found):
    pytest.importorskip("opentelemetry.proto")
    from google.protobuf.json_format import Parse
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    requests = [Parse(document, ExportMetricsServiceRequest()) for document in documents(found, 20)]

    read = [metric for one in requests for metric in one.resource_metrics[0].scope_metrics[0].metrics]
    # No call of these says how long it took.
    assert {metric.name: metric.WhichOneof("data") for metric in read} == {
        "gen_ai.client.token.usage": "histogram",
        "llmcost.cost": "sum",
        "llmcost.requests": "sum",
        "llmcost.unpriced_requests": "sum",
    }
    counts = [
        sum(
            len(getattr(metric, metric.WhichOneof("data")).data_points)
            for metric in one.resource_metrics[0].scope_metrics[0].metrics
        )
        for one in requests
    ]
    assert sum(counts) == sum(len(metric.points) for metric in found)
    assert max(counts) == 20
    assert {getattr(metric, metric.WhichOneof("data")).aggregation_temporality for metric in read} == {1}


def test_every_name_comes_back_and_none_is_shown_raw(ledger):
    hostile.fill(ledger)
    found = metrics(ledger, chosen(ledger), by=(*hostile.DIMENSIONS, "tags.label"))
    (text,) = documents(found, DEFAULT)

    assert text.isascii()
    assert text.isprintable()
    (resource,) = json.loads(text)["resourceMetrics"]
    told = {metric["name"]: metric for metric in resource["scopeMetrics"][0]["metrics"]}
    points = told["llmcost.cost"]["sum"]["dataPoints"]
    for name in (*(f"llmcost.{dimension}" for dimension in hostile.DIMENSIONS), "llmcost.tag.label"):
        assert {_attributes(point)[name] for point in points} == set(hostile.NAMES.values())


def test_durations_are_spread_over_buckets_and_failures_named(ledger):
    hostile.fill(ledger)
    ledger.execute("update request set provider = 'p', latency_ms = 1500, customer_id = 'c', request_model = 'm'")
    ledger.execute("update request set response_model = 'm', operation = 'chat'")
    ledger.execute(
        "update request set status = 'error', http_status = 429, latency_ms = 20 "
        "where row_key = (select min(row_key) from request)"
    )
    points = _points(metrics(ledger, chosen(ledger), by=()), "gen_ai.client.operation.duration")

    found = {attributes.get("error.type"): point for attributes, point in points}
    assert {name: (point["count"], point["min"]) for name, point in found.items()} == {
        "429": ("1", 0.02),
        None: (str(len(hostile.NAMES) - 1), 1.5),
    }
    # 0.02 seconds is the edge of the second bucket; 1.5 is between 1.28 and 2.56.
    assert found["429"]["bucketCounts"][1] == "1"
    assert found[None]["bucketCounts"][8] == str(len(hostile.NAMES) - 1)


def test_a_call_of_two_parts_took_its_time_once(ledger):
    ledger.execute(
        "insert into request by name select uuid() as row_key, unnest([0, 1]) as part, 's' as source, 'i' as issuer, "
        "1 as ingest_id, timestamp '2026-11-01' as started_at, 'log' as time_origin, true as final, 'chat' as operation, "
        "'ok' as status, false as gateway_cached, 'billed' as usage_origin, 'metered' as charge_basis, "
        "'unpriced' as cost_status, 2500 as latency_ms, unnest([10, 30]) as uncached_input_tokens"
    )
    found = metrics(ledger, chosen(ledger), by=())
    ((_, lasted),) = _points(found, "gen_ai.client.operation.duration")
    ((_, tokens),) = _points(found, "gen_ai.client.token.usage")

    assert (lasted["count"], lasted["sum"]) == ("1", 2.5)
    # A pass reads tokens of its own, of another model even.
    assert (tokens["count"], tokens["sum"]) == ("2", 40)


@pytest.mark.parametrize(
    ("endpoint", "environment", "expected"),
    [
        ("http://localhost:4318", {}, "http://localhost:4318/v1/metrics"),
        ("http://localhost:4318/", {}, "http://localhost:4318/v1/metrics"),
        ("https://otlp.example/otlp/v1/metrics", {}, "https://otlp.example/otlp/v1/metrics"),
        ("env", {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://x.example/base/"}, "https://x.example/base/v1/metrics"),
        ("env", {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "https://x.example/m"}, "https://x.example/m"),
    ],
)
def test_where_metrics_go(endpoint, environment, expected):
    assert address(endpoint, environment) == expected


def test_no_address_is_an_error():
    with pytest.raises(UsageError, match="OTEL_EXPORTER_OTLP_ENDPOINT is set"):
        address("env", {})
    with pytest.raises(UsageError, match="is no address"):
        address("localhost", {})


def test_headers_are_read_as_every_exporter_reads_them():
    assert headers({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=se%20cret, x = y=z"}) == {"api-key": "se cret", "x": "y=z"}
    assert headers({}) == {}
    with pytest.raises(UsageError, match="not a list of name=value"):
        headers({"OTEL_EXPORTER_OTLP_HEADERS": "secret"})


def test_metrics_are_sent_with_the_headers(cli, calls):
    with answering((200, {}, b"{}")) as (url, server):
        run = cli(
            *("export", "otlp", "--db", calls, "--endpoint", url.rsplit("/services", 1)[0]),
            env={"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret"},
        )

    assert (run.code, run.stdout) == (0, "")
    assert run.stderr.endswith(" data points sent\n")
    ((path, sent, body),) = server.bodies
    assert (path, sent["api-key"]) == ("/v1/metrics", "secret")
    assert json.loads(body)["resourceMetrics"]


def test_a_refusal_does_not_give_the_header_away(cli, calls):
    with answering((401, {}, b"bad key secret")) as (url, _):
        run = cli(
            *("export", "otlp", "--db", calls, "--endpoint", url.rsplit("/services", 1)[0]),
            env={"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret"},
        )

    assert run.code == 4
    assert "answered 401" in run.stderr
    assert "secret" not in run.stderr


@pytest.mark.parametrize(
    ("endpoint", "place"), [("http://collector.example", "--endpoint"), ("env", "OTEL_EXPORTER_OTLP_ENDPOINT")]
)
def test_a_refused_address_is_looked_for_where_it_was_written(cli, calls, endpoint, place):
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example"}
    run = cli("export", "otlp", "--db", calls, "--endpoint", endpoint, env=variables)
    assert (run.code, run.stderr.splitlines()[-1]) == (2, f"  hint: check {place}")
