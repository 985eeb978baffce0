"""What of several records is told of one bucket: lines of one export add up, the export told again does not."""

import json
from datetime import datetime
from decimal import Decimal

import pytest
from tests.ingesting import query, read
from tests.marks import few

from llmcost.ingest import run
from llmcost.ledger import database
from llmcost.render.ingest import remarks
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

DAY = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z"}


@pytest.fixture
def reading(tmp_path):
    """Write files by name, of text or of one record a line, and read them in one run into the one ledger."""

    def read_files(files):
        for name, content in files.items():
            text = content if isinstance(content, str) else "\n".join(json.dumps(record) for record in content)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return read(tmp_path / "ledger", *(tmp_path / name for name in files))

    return read_files


def totals(tmp_path, *metrics):
    with database.reading(tmp_path / "ledger") as connection:
        found = cost_by(connection, Question(by=(), basis="exports", metrics=metrics))
    names = [column.name for column in found.columns]
    (row,) = found.rows
    values = dict(zip(names, row.cells, strict=True))
    return tuple(values[name] for name in metrics)


def litellm(prompt, requests, spend, **fields):
    """A row of a daily table of LiteLLM."""
    counts = {"prompt_tokens": prompt, "completion_tokens": 0, "api_requests": requests, "spend": spend}
    return {
        "date": "2026-11-01",
        "api_key": "k1",
        "model": "gpt-4o",
        "custom_llm_provider": "openai",
        **counts,
        **fields,
    }


def activity(prompt, requests, page, **keys):
    """An answer of `/user/daily/activity` whose day has one model; keys have (tokens, requests, alias)."""

    def metrics(tokens, calls):
        return {"spend": 0.01, "prompt_tokens": tokens, "completion_tokens": 0, "api_requests": calls}

    by_key = {
        key: {"metrics": metrics(tokens, calls), "metadata": {"key_alias": alias}}
        for key, (tokens, calls, alias) in keys.items()
    }
    models = {"gpt-4o": {"metrics": metrics(prompt, requests), "api_key_breakdown": by_key}}
    day = {"date": "2026-11-01", "metrics": metrics(prompt, requests), "breakdown": {"models": models}}
    return {"results": [day], "metadata": {"page": page, "total_pages": 2}}


def point(tokens, requests, **fields):
    """A point of TrueFoundry's metrics."""
    span = {"startTimestamp": "2026-11-01T00:00:00Z", "endTimestamp": "2026-11-01T01:00:00Z"}
    counts = {"total": requests, "sumInputTokens": tokens, "sumOutputTokens": 0, "sumCostInUSD": 0.1}
    return {**span, **counts, "modelName": "openai/gpt-4o", **fields}


def vercel(cost, requests, **groups):
    return {"day": "2026-11-01", "total_cost": cost, "market_cost": cost, "request_count": requests, **groups}


def test_a_refund_in_a_cost_csv_is_taken_off_its_charge(reading, tmp_path):
    """10.00 - 4.00 + 5.00."""
    head = "start_time,start_time_iso,end_time,end_time_iso,amount_value,amount_currency,line_item,project_id"
    span = "1793491200,2026-11-01T00:00:00+00:00,1793577600,2026-11-02T00:00:00+00:00"
    lines = ('10.00,usd,"gpt-4o, input",a', '-4.00,usd,"gpt-4o, input",a', '5.00,usd,"gpt-4o, output",a')
    reading({"cost.csv": "\n".join([head, *(f"{span},{line}" for line in lines), ""])})

    assert totals(tmp_path, "cost") == (Decimal(11),)


def test_charges_that_only_words_tell_apart_add_up(reading, tmp_path):
    """10 and 6 of input, at two speeds; 3 and 2 of output, of two places that are none."""

    def charge(cents, kind, **fields):
        about = {"cost_type": "tokens", "model": "claude-opus-4-6", "currency": "USD", "inference_geo": "global"}
        return {**about, "amount": cents, "token_type": kind, "description": "Claude Opus 4.6 Usage", **fields}

    charges = [
        charge("1000", "uncached_input_tokens"),
        charge("600", "uncached_input_tokens", description="Claude Opus 4.6 (Fast mode) Usage"),
        charge("300", "output_tokens"),
        charge("200", "output_tokens", inference_geo="not_available"),
    ]
    reading({"costs.json": [{"data": [{**DAY, "results": charges}], "has_more": False, "next_page": None}]})

    assert query(tmp_path / "ledger", "select speed, cost from usage_bucket order by cost") == [
        (None, Decimal(5)),
        ("fast", Decimal(6)),
        (None, Decimal(10)),
    ]


def test_rows_of_the_console_add_up_whatever_tells_them_apart(reading, tmp_path):
    cost = "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd,cost_type,inference_geo,speed\n"
    cells = ("standard,{},10.00,token,global,standard", "standard,{},6.00,token,global,fast",
             "standard,{},2.00,token,not_available,standard", "priority,{},1.50,token,global,standard")  # fmt: skip
    rows = "".join(f"2026-11-01,Claude Opus 4.6,W,k,{row.format('input_no_cache')}\n" for row in cells)
    usage = "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,usage_output_tokens,inference_geo\n"
    counts = "".join(
        f"2026-11-01,claude-opus-4-6,k,W,{kind},{tokens},0,{place}\n"
        for kind, tokens, place in (("message", 1000, "global"), ("message", 50, "not_available"), ("message_priority", 30, "global"))
    )  # fmt: skip
    reading({"cost.csv": cost + rows, "usage.csv": usage + counts})

    assert totals(tmp_path, "cost", "input_tokens") == (Decimal("19.5"), 1080)


def test_a_count_of_requests_is_of_the_bucket_of_its_tokens_and_leaves_nothing_unpriced(reading, tmp_path):
    """1,000 x 0.15 + 5,000 x 0.003 + 700 x 0.60 millionths."""
    head = "start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount"
    about = "2026-11-01T00:00:00+08:00,2026-11-02T00:00:00+08:00,deepseek-v4-flash,web,sk-1"
    counts = (
        ("request_count", 20),
        ("input_cache_miss_tokens", 1000),
        ("input_cache_hit_tokens", 5000),
        ("output_tokens", 700),
    )
    reading({"amount.csv": "\n".join([head, *(f"{about},{kind},,{count}" for kind, count in counts), ""])})

    assert query(
        tmp_path / "ledger", "select bucket_start, bucket_end, requests, cost, cost_status from usage_bucket"
    ) == [(datetime(2026, 11, 1), datetime(2026, 11, 2), 20, Decimal("0.000585"), "estimated")]  # noqa: DTZ001  the ledger's are naive


def test_an_export_at_two_prices_counts_both(reading, tmp_path):
    head = "user_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount\n"
    about = "u1,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,prod,sk-1,output_tokens"
    reading({"amount.csv": f"{head}{about},0.0000011,700000\n{about},0.00000055,300000\n"})

    assert totals(tmp_path, "output_tokens") == (1_000_000,)


def test_two_keys_of_one_alias_add_up(reading, tmp_path):
    answer = activity(1000, 3, 1, k1=(600, 2, "web"), k2=(400, 1, "web"))
    reading({"activity.json": [answer]})

    assert query(tmp_path / "ledger", "select api_key_id, requests, uncached_input_tokens from usage_bucket") == [
        ("web", 3, 1000)
    ]


def test_the_pages_of_an_answer_add_up_and_a_page_that_comes_again_does_not(reading, tmp_path):
    first, second = activity(1000, 3, 1, k1=(1000, 3, "web")), activity(400, 2, 2, k1=(400, 2, "web"))
    grown = activity(500, 4, 2, k1=(500, 4, "web"))
    reading({"pages.jsonl": [first, second, first, grown]})

    assert totals(tmp_path, "requests", "input_tokens") == (7, 1500)


@pytest.mark.parametrize(
    ("view", "column", "values"),
    [
        ("end_user_id", "customer_id", ["ada", "bob"]),
        ("organization_id", "json_extract_string(tags, '$.organization_id')", ["g1", "g2"]),
        ("tag", "json_extract_string(tags, '$.request_tags')", ["red", "blue"]),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_each_daily_table_keeps_what_it_is_by_and_stands_back_behind_users(reading, tmp_path, view, column, values):
    rows = [litellm(1000 * number, number, 0.5, **{view: value}) for number, value in enumerate(values, 1)]
    reading({"view.jsonl": rows})

    assert query(tmp_path / "ledger", f"select {column}, requests, exporter from usage_bucket order by requests") == [
        (values[0], 1, "gateway-view"),
        (values[1], 2, "gateway-view"),
    ]
    reading({"users.jsonl": [litellm(2500, 2, 0.5, user_id="u1")]})
    assert totals(tmp_path, "requests", "input_tokens") == (2, 2500)


def test_rows_of_a_table_add_up_and_one_with_the_same_id_is_the_same_row(reading, tmp_path):
    rows = [
        litellm(0, 4, 0.2, id="1", user_id="u1", mcp_namespaced_tool_name="srv/a"),
        litellm(0, 5, 0.3, id="2", user_id="u1", mcp_namespaced_tool_name="srv/b"),
        litellm(1000, 1, 0.1, id="3", user_id="u1", model_group="cheap"),
        litellm(1000, 1, 0.1, id="4", user_id="u1", model_group="dear"),
    ]
    grown = litellm(1000, 2, 0.2, id="4", user_id="u1", model_group="dear")
    reading({"rows.jsonl": [*rows, *rows, grown]})

    assert totals(tmp_path, "requests", "input_tokens", "reported_cost") == (12, 2000, Decimal("0.8"))


@pytest.mark.parametrize("field", ["requestType", "errorCode"])
def test_points_of_a_group_that_has_no_column_add_up(reading, tmp_path, field):
    points = [point(1000, 10, **{field: None}), point(400, 4, **{field: "429"}), point(400, 4, **{field: "500"})]
    answer = {"data": {"dataPoints": points}}
    reading({"points.jsonl": [answer, answer]})

    assert totals(tmp_path, "requests", "input_tokens") == (18, 1800)


def test_rows_by_themselves_add_up_but_for_one_met_again_as_it_was(reading, tmp_path):
    about = {"date": "2026-11-01", "model_permaslug": "openai/gpt-4.1", "byok_usage_inference": 0, "endpoint_id": "e"}
    plain = {**about, "model": "openai/gpt-4.1", "usage": 1.5, "requests": 5}
    online = {**about, "model": "openai/gpt-4.1:online", "usage": 0.5, "requests": 3}
    reading({"rows.jsonl": [plain, online, plain], "answer.json": [{"data": [plain, online]}]})

    assert totals(tmp_path, "cost", "requests") == (Decimal(2), 8)


def test_rows_of_a_csv_that_share_a_bucket_add_up(reading, tmp_path):
    head = "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens\n"
    reading(
        {"daily.csv": f"{head}2026-11-01,openai/gpt-4.1,1.5,0,5,50,0,0\n2026-11-01,openai/gpt-4.1,0.5,0,3,30,0,0\n"}
    )

    assert totals(tmp_path, "cost", "requests", "input_tokens") == (Decimal(2), 8, 80)


def test_euros_and_pounds_of_one_meter_are_not_added(reading, tmp_path):
    head = "date,meterCategory,meterName,unitOfMeasure,quantity,costInBillingCurrency,billingCurrency\n"
    meter = "10/01/2026,Azure OpenAI,gpt 4o 1120 Inp glbl Tokens,1K,1000"
    reading({"azure.csv": f"{head}{meter},2.50,EUR\n{meter},9.20,GBP\n"})

    assert query(tmp_path / "ledger", "select reported_currency, reported_cost from usage_bucket order by 1") == [
        ("EUR", Decimal("2.5")),
        ("GBP", Decimal("9.2")),
    ]


def usage(*results):
    """A page of Anthropic's usage report."""
    told = [{"output_tokens": 0, "model": "claude-haiku-4-5", **result} for result in results]
    return [{"data": [{**DAY, "results": told}], "has_more": False, "next_page": None}]


@pytest.mark.parametrize("turned", [False, True], ids=["as-written", "turned-round"])
@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            {
                "1.jsonl": [litellm(1000, 10, 0.5, user_id="u1")],
                "2.jsonl": [litellm(2000, 10, 0.5, user_id=None, api_key="k2")],
            },
            (3000, Decimal(1)),
        ),
        (
            {
                "1.json": [{"results": [vercel(1, 10, tag="a", input_tokens=1000)]}],
                "2.json": [{"results": [vercel(0.5, 5, tag=None, input_tokens=500)]}],
            },
            (1500, Decimal("1.5")),
        ),
    ],
    ids=["litellm", "vercel"],
)
def test_what_an_export_is_broken_down_by_does_not_depend_on_how_it_is_cut(reading, tmp_path, parts, told, turned):
    result = reading(dict(reversed(parts.items())) if turned else parts)

    found = query(
        tmp_path / "ledger", "select sum(uncached_input_tokens), sum(coalesce(billed_cost, reported_cost)) from usage_bucket"
    )  # fmt: skip
    assert (found, list(remarks(result))) == ([told], [])
    assert totals(tmp_path, "input_tokens") == told[:1]


@pytest.mark.parametrize("batch", few([2, 1]), ids=["one-batch", "a-batch-each"])
@pytest.mark.parametrize(
    "parts",
    [
        {
            "1.json": [activity(1000, 3, 1, k1=(1000, 3, "web"))],
            "2.json": [activity(400, 2, 2, k1=(400, 2, "web"))],
        },
        {
            "1.json": [{"results": [vercel(1, 10, model="m")]}],
            "2.json": [{"results": [vercel(0.5, 5, model="m")]}],
        },
        {"1.json": [{"data": {"dataPoints": [point(10, 1)]}}], "2.json": [{"data": {"dataPoints": [point(10, 2)]}}]},
        {"1.json": usage({"uncached_input_tokens": 9}), "2.json": usage({"uncached_input_tokens": 8, "api_key_id": "a"})},
        {"1.json": usage({"uncached_input_tokens": 9}), "2.json": usage({"uncached_input_tokens": 0, "output_tokens": 5})},
    ],
    ids=["pages-of-a-day", "charges", "claims", "usage-by-key", "usage-of-two-kinds"],
)  # fmt: skip
def test_exports_that_may_be_two_parts_are_told(reading, tmp_path, monkeypatch, parts, batch):
    monkeypatch.setattr(run, "_BATCH_FILES", batch)
    (remark,) = remarks(reading(parts))

    assert remark.serious
    assert remark.message.startswith("exports of the same days differ from file to file")
    assert str(tmp_path / "2.json") in remark.message


@pytest.mark.parametrize(
    "later",
    [
        usage({"uncached_input_tokens": 15}),
        usage({"uncached_input_tokens": 6, "api_key_id": "a"}, {"uncached_input_tokens": 3, "api_key_id": "b"}),
    ],
    ids=["still-growing", "by-key-with-the-same-sum"],
)
def test_usage_that_is_plainly_the_same_again_is_not_remarked_upon(reading, later):
    assert list(remarks(reading({"1.json": usage({"uncached_input_tokens": 9}), "2.json": later}))) == []


BILLS = {
    "aws.csv": (
        "lineItem/UsageStartDate,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/UnblendedCost",
        "2026-11-01T00:00:00Z,Usage,AmazonBedrock,USE1-Claude4.6Opus-output-tokens,5",
        "2026-11-01T00:00:00Z,EdpDiscount,AmazonBedrock,USE1-Claude4.6Opus-output-tokens,-1",
        "2026-11-01T00:00:00Z,Refund,AmazonBedrock,USE1-Claude4.6Opus-output-tokens,-1",
        "2026-11-01T00:00:00Z,Tax,AmazonEC2,BoxUsage,3",
    ),
    "focus.csv": (
        "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ServiceName,ProviderName",
        "5,USD,Usage,2026-11-01T00:00:00Z,OpenAI API,OpenAI",
        "-1,USD,Credit,2026-11-01T00:00:00Z,OpenAI API,OpenAI",
        "1,USD,Tax,2026-11-01T00:00:00Z,OpenAI API,OpenAI",
        "3,USD,Tax,2026-11-01T00:00:00Z,Compute,Hetzner",
    ),
    "azure.csv": (
        "date,meterCategory,meterName,unitOfMeasure,quantity,costInBillingCurrency,chargeType",
        "11/01/2026,Azure OpenAI,gpt 4o Inp glbl Tokens,1K,1,5,Usage",
        "11/01/2026,Azure OpenAI,gpt 4o Inp glbl Tokens,1K,1,-1,Refund",
        "11/01/2026,Azure OpenAI,gpt 4o Inp glbl Tokens,1K,1,-1,RoundingAdjustment",
        "11/01/2026,Storage,Disk,1,1,3,Refund",
    ),
    "gcp.csv": (
        "usage_start_time,cost,currency,cost_type,sku.description,service.description",
        "2026-11-01 00:00:00 UTC,5,USD,regular,Gemini input,Gemini API",
        "2026-11-01 00:00:00 UTC,-1,USD,adjustment,Gemini input,Gemini API",
        "2026-11-01 00:00:00 UTC,1,USD,tax,Gemini input,Gemini API",
        "2026-11-01 00:00:00 UTC,3,USD,tax,Disk,Compute Engine",
    ),
}
"""By file: the header, usage for 5.00, two charges for no usage of the service, and one for another service."""


@pytest.mark.parametrize("name", BILLS)
def test_charges_for_no_usage_are_counted_and_in_no_bucket(reading, tmp_path, name):
    result = reading({name: "\n".join([*BILLS[name], ""])})

    assert totals(tmp_path, "cost") == (Decimal(5),)
    assert [(remark.message, remark.serious) for remark in remarks(result)] == [
        ("2 lines of bills charge for taxes, credits, fees, refunds or discounts, which are in no usage bucket", False)
    ]
