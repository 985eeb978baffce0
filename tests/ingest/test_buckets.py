"""Aggregates: each bucket once, whatever is read again, grows, or overlaps; and never among the requests."""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache

import pytest
from tests.ingesting import buckets, chat, query, read

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.ingest import run
from llmcost.ingest.reattribute import reattribute
from llmcost.ledger import database, locks
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.reprice import RepriceRequest, preview, reprice
from llmcost.render.footer import footer
from llmcost.render.ingest import as_json, as_text, remarks
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

DAY = 1_793_491_200
"""2026-11-01, UTC."""


def usage(*results, day=0):
    """A page of OpenAI's usage API."""
    start = DAY + 86_400 * day
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


def completions(tokens, **fields):
    """A result of it; 10 tokens of output for each call."""
    own = {"input_tokens": tokens, "output_tokens": 100, "num_model_requests": 10, "model": "gpt-5.4"}
    return {"object": "organization.usage.completions.result", **own, **fields}


def charge(amount, **fields):
    """A result of OpenAI's costs API."""
    own = {"amount": {"value": amount, "currency": "usd"}, "line_item": "gpt-5.4, input_tokens"}
    return {"object": "organization.costs.result", **own, **fields}


_loaded = cache(load_price_list)


@pytest.fixture(autouse=True)
def one_price_list(monkeypatch):
    """The price list is the same for every run here."""
    monkeypatch.setattr(run, "load_price_list", _loaded)


@pytest.fixture
def reading(tmp_path):
    """Write documents as a file and read it into the one ledger; more files by name are read in the same run."""

    def read_documents(name, *documents, **more):
        files = {name: documents, **{f"{stem}.json": pages for stem, pages in more.items()}}
        for file, pages in files.items():
            (tmp_path / file).write_text("\n".join(json.dumps(page) for page in pages), encoding="utf-8")
        return read(tmp_path / "ledger", *(tmp_path / file for file in files))

    return read_documents


def report(tmp_path, *by, basis="exports", **asked):
    with database.reading(tmp_path / "ledger") as connection:
        found = cost_by(connection, Question(by=by, basis=basis, **asked))
    names = [column.name for column in found.columns]
    return [dict(zip(names, row.cells, strict=True)) for row in found.rows], found


def test_a_bucket_is_no_request(reading, tmp_path):
    result = reading("usage.json", usage(completions(1000)))

    assert (result.total("new"), result.total("buckets"), result.total("new_buckets")) == (0, 1, 1)
    assert query(tmp_path / "ledger", "select count(*) from request") == [(0,)]
    # 1,000 x 2.50 + 100 x 15 millionths
    assert query(tmp_path / "ledger", "select cost, cost_status, cost_reason from usage_bucket") == [
        (Decimal("0.004"), "estimated", "sum of many calls")
    ]


def test_an_ingest_says_how_many_buckets_came(reading):
    result = reading("usage.json", usage(completions(1000), completions(5, model="o3")))
    again = reading("more.json", usage(completions(1000), completions(6, model="gpt-4.1")))

    assert as_text(result).splitlines()[:2] == [
        "1 file, 1 line: 2 usage buckets, 2 of them new",
        f"  read  {result.files[0].path}  openai-usage 2",
    ]
    assert as_text(again).splitlines()[0] == "1 file, 1 line: 2 usage buckets, 1 of them new"
    assert json.loads(as_json(again))["totals"] == {
        "lines": 1, "new": 0, "known": 0, "parts": 0, "conflicts": 0, "rejected": 0, "left_out": 0, "unpriced": 0, "buckets": 2, "new_buckets": 1,
    }  # fmt: skip


def test_a_file_read_again_or_copied_changes_nothing(reading, tmp_path):
    reading("usage.json", usage(completions(1000)))
    before = buckets(tmp_path / "ledger")
    known = read(tmp_path / "ledger", tmp_path / "usage.json")
    reading("copy.json", usage(completions(1000)))
    reading("other.json", usage(completions(1000)), usage())

    assert (known.files[0].status, known.files[0].buckets) == ("known", 1)
    assert buckets(tmp_path / "ledger") == before


@pytest.mark.parametrize("order", [(1000, 2500), (2500, 1000)], ids=["later-last", "later-first"])
def test_a_day_still_growing_is_replaced_by_its_fuller_reading(reading, tmp_path, order):
    for number, tokens in enumerate(order):
        reading(f"{number}.json", usage(completions(tokens)))

    assert query(tmp_path / "ledger", "select uncached_input_tokens, requests from usage_bucket") == [(2500, 10)]


def test_pages_that_repeat_a_bucket_do_not_add_up(reading, tmp_path):
    reading("pages.json", usage(completions(1000)), usage(completions(1000)))

    assert query(tmp_path / "ledger", "select sum(uncached_input_tokens), count(*) from usage_bucket") == [(1000, 1)]


def test_buckets_and_requests_of_one_file_go_their_own_ways(reading, tmp_path):
    result = reading("mixed.jsonl", usage(completions(1000)), chat("chatcmpl-aaaaaaaaaa"), usage(completions(5), day=1))

    assert (result.total("new"), result.total("new_buckets"), result.total("rejected")) == (1, 2, 0)


def test_a_bad_count_rejects_its_bucket_alone(reading, tmp_path):
    result = reading("usage.json", usage(completions(1000), completions(1.5, model="o3")))

    assert (result.total("new_buckets"), result.files[0].status) == (1, "partial")
    assert query(tmp_path / "ledger", "select reason, source from reject") == [
        ("input_tokens is 1.5, not a count", "openai-usage")
    ]


def test_a_charge_too_large_for_the_ledger_is_a_reject_and_no_charge_without_an_amount(tmp_path):
    head = "Date,MeterCategory,MeterSubCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrency"
    meter = "11/01/2026,Cognitive Services,Azure OpenAI,gpt 4o 1120 Inp glbl Tokens,1,1K"
    (tmp_path / "bill.csv").write_text(f"{head}\n{meter},999999999999.5,USD\n{meter},1000000000000,USD\n")
    read(tmp_path / "ledger", tmp_path / "bill.csv")
    assert query(tmp_path / "ledger", "select cost from usage_bucket") == [(Decimal("999999999999.5"),)]
    assert query(tmp_path / "ledger", "select line, reason from reject") == [
        (3, "amount is 1000000000000 (too large), not a count")
    ]


def test_two_breakdowns_of_one_day_are_counted_once(reading, tmp_path):
    by_key = usage(
        completions(400, api_key_id="a"),
        completions(500, api_key_id="b"),
        completions(100, model="gpt-4.1", api_key_id="a"),
    )
    reading("by-model.json", usage(completions(900), completions(100, model="gpt-4.1")), by_key=[by_key])

    rows, _ = report(tmp_path, "model")
    assert [(row["model"], row["input_tokens"]) for row in rows] == [("gpt-5.4", 900), ("gpt-4.1", 100)]
    rows, _ = report(tmp_path, "api_key_id")
    assert {row["api_key_id"]: row["input_tokens"] for row in rows} == {"a": 500, "b": 500}


def test_hours_are_not_lost_where_they_are_broken_down_differently(reading, tmp_path):
    hours = [
        {
            "starting_at": f"2026-11-01T{hour:02}:00:00Z",
            "ending_at": f"2026-11-01T{hour + 1:02}:00:00Z",
            "results": [
                {"uncached_input_tokens": 100, "output_tokens": 1, "model": "claude-haiku-4-5", "api_key_id": key}
            ],
        }
        for hour, key in ((0, "a"), (1, None), (2, "b"))
    ]
    page = {"has_more": False, "next_page": None}
    reading("hours.json", {"data": hours, **page}, later=[{"data": hours[1:], **page}])

    rows, _ = report(tmp_path, "api_key_id")
    assert {row["api_key_id"]: row["input_tokens"] for row in rows} == {"a": 100, None: 100, "b": 100}


def test_hours_and_days_of_one_export_are_counted_once(reading, tmp_path):
    def bucket(start, end, tokens):
        result = {"uncached_input_tokens": tokens, "output_tokens": 1, "model": "claude-haiku-4-5"}
        return {"starting_at": start, "ending_at": end, "results": [result]}

    hours = [bucket(f"2026-11-01T{h:02}:00:00Z", f"2026-11-01T{h + 1:02}:00:00Z", 100) for h in range(3)]
    day = [bucket("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", 700)]
    page = {"has_more": False, "next_page": None}
    reading("hours.json", {"data": hours, **page}, days=[{"data": day, **page}])

    assert [row["input_tokens"] for row in report(tmp_path)[0]] == [700]


@pytest.mark.slow
def test_a_month_on_a_bill_stands_back_behind_the_days_of_another(reading, tmp_path):
    header = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName,ChargeDescription\n"
    month = "90,USD,Usage,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,OpenAI API,OpenAI,input tokens\n"
    (tmp_path / "focus.csv").write_text(header + month, encoding="utf-8")
    read(tmp_path / "ledger", tmp_path / "focus.csv")
    reading("usage.json", usage(completions(1000)))
    assert [(row["cost"], row["input_tokens"]) for row in report(tmp_path)[0]] == [(Decimal(90), 1000)]

    reading("costs.json", usage(charge(0.0031)))
    assert [(row["cost"], row["input_tokens"]) for row in report(tmp_path)[0]] == [(Decimal("0.0031"), 1000)]


FOCUS = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName,ChargeDescription\n"
CAPACITY = "500,USD,Usage,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,OpenAI API,OpenAI,capacity\n"


def focus_day(day, amount):
    """A line of a FOCUS bill for one day of November."""
    span = f"2026-11-{day:02}T00:00:00Z,2026-11-{day + 1:02}T00:00:00Z"
    return f"{amount},USD,Usage,{span},OpenAI API,OpenAI,input tokens\n"


@pytest.mark.slow
def test_a_month_of_capacity_counts_beside_the_days_of_its_own_bill(reading, tmp_path):
    def told(name, *lines):
        (tmp_path / name).write_text(FOCUS + "".join(lines), encoding="utf-8")
        read(tmp_path / "ledger", tmp_path / name)
        return sum(row["cost"] for row in report(tmp_path)[0])

    assert told("bill.csv", CAPACITY, focus_day(1, "1.25")) == Decimal("501.25")
    # The same bill, grown: the larger reading of the capacity, and a day more.
    grown = CAPACITY.replace("500", "510")
    assert told("later.csv", grown, focus_day(1, "1.25"), focus_day(2, "2")) == Decimal("513.25")
    # A day that neither file bills costs what the price list says: 1,000 x 2.50 + 100 x 15 millionths.
    reading("usage.json", usage(completions(1000), day=4))
    assert sum(row["cost"] for row in report(tmp_path)[0]) == Decimal("513.254")


def test_a_month_in_a_file_of_its_own_gives_way_to_days(tmp_path):
    for name, line in {"month.csv": CAPACITY, "day.csv": focus_day(1, "1.25")}.items():
        (tmp_path / name).write_text(FOCUS + line, encoding="utf-8")
        read(tmp_path / "ledger", tmp_path / name)
    assert [row["cost"] for row in report(tmp_path)[0]] == [Decimal("1.25")]


def test_a_bill_takes_the_place_of_what_usage_would_cost(reading, tmp_path):
    bill = usage(charge(0.0031), charge(0.0012, line_item="gpt-5.4, output_tokens"))
    reading("usage.json", usage(completions(1000)), usage(completions(2000), day=1), costs=[bill])

    rows, found = report(tmp_path, "day")
    # The second day has no bill yet: 2,000 x 2.50 + 100 x 15 millionths.
    assert [(row["day"], row["cost"], row["input_tokens"], row["requests"]) for row in rows] == [
        ("2026-11-01", Decimal("0.0043"), 1000, 10),
        ("2026-11-02", Decimal("0.0065"), 2000, 10),
    ]
    assert (found.basis, found.coverage.unpriced_requests, found.coverage.estimated_requests) == ("exports", 0, 10)


def test_a_gateway_stands_back_behind_the_provider_it_calls(reading, tmp_path):
    gateway = {
        "results": [
            {
                "date": "2026-11-01",
                "metrics": {"spend": 9, "prompt_tokens": 5700, "completion_tokens": 20, "api_requests": 9},
                "breakdown": {
                    "models": {
                        "gpt-5.4": {"spend": 8, "prompt_tokens": 5000, "completion_tokens": 10, "api_requests": 8},
                        "claude-haiku-4-5": {
                            "spend": 1,
                            "prompt_tokens": 700,
                            "completion_tokens": 10,
                            "api_requests": 1,
                        },
                    }
                },
            }
        ]
    }
    reading("usage.json", usage(completions(1000)), gateway=[gateway])

    rows, _ = report(tmp_path, "provider")
    assert {row["provider"]: (row["input_tokens"], row["requests"]) for row in rows} == {
        "openai": (1000, 10),
        "anthropic": (700, 1),
    }


def test_lines_above_a_million_are_billed_to_the_last_cent(reading, tmp_path):
    reading("costs.json", usage(charge(1234567.25, project_id="a"), charge(999999.5, project_id="b")))

    rows, _ = report(tmp_path, "project")
    assert [(row["project"], row["cost"]) for row in rows] == [("a", Decimal("1234567.25")), ("b", Decimal("999999.5"))]
    assert query(tmp_path / "ledger", "select sum(cost), sum(billed_cost), sum(input_cost) from usage_bucket") == [
        (Decimal("2234566.75"),) * 3
    ]


def test_lines_that_add_up_to_more_than_a_million_do(tmp_path):
    line = "{},USD,Usage,input,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,OpenAI,OpenAI API,openai/gpt-5.4/input\n"
    bill = tmp_path / "focus.csv"
    bill.write_text(
        "BilledCost,BillingCurrency,ChargeCategory,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ProviderName,"
        f"ServiceName,SkuId\n{line.format('800000.01')}{line.format('1700000.02')}",
        encoding="utf-8",
    )
    read(tmp_path / "ledger", bill)

    assert query(tmp_path / "ledger", "select cost, input_cost from usage_bucket") == [(Decimal("2500000.03"),) * 2]


def test_a_trillion_tokens_of_a_day_have_a_price(reading, tmp_path):
    """GPT-5.4 at 2.50/15: 900 thousand million tokens in, 200 thousand million out."""
    reading("usage.json", usage(completions(900_000_000_000, output_tokens=200_000_000_000)))

    assert query(tmp_path / "ledger", "select cost, cost_status from usage_bucket") == [
        (Decimal(5_250_000), "estimated")
    ]


def test_requests_come_first_and_exports_stand_in(reading, tmp_path):
    reading("usage.json", usage(completions(1000)))
    _, alone = report(tmp_path, basis=None)
    reading("log.jsonl", chat("chatcmpl-aaaaaaaaaa", model="gpt-5.4"))
    _, together = report(tmp_path, basis=None)

    assert (alone.basis, together.basis) == ("exports", "requests")
    assert together.coverage.requests == 1


def test_what_a_new_price_list_knows_is_rated_at_the_next_ingest(tmp_path):
    log = tmp_path / "usage.json"
    log.write_text(json.dumps(usage(completions(1_000_000, model="house-model"))), encoding="utf-8")
    read(tmp_path / "ledger", log)
    assert query(tmp_path / "ledger", "select cost, cost_status from usage_bucket") == [(None, "unpriced")]

    prices = tmp_path / "own.yaml"
    prices.write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nsources: {page: {url: 'https://example.com'}}\n"
        "models:\n  - id: openai/house-model\n    prices: [{source: page, rates: {input: 2, output: 10}}]\n",
        encoding="utf-8",
    )
    with database.writing(tmp_path / "ledger") as connection:
        locks.add(connection, datetime(2100, 1, 1), "closed", datetime(2026, 11, 22))  # noqa: DTZ001  the ledger's are naive
    read(tmp_path / "ledger", log, pricing=(prices,))
    assert query(tmp_path / "ledger", "select cost, cost_status from usage_bucket") == [(None, "unpriced")]

    with database.writing(tmp_path / "ledger") as connection:
        locks.clear(connection, datetime(2100, 1, 1), datetime(2026, 11, 22))  # noqa: DTZ001
    read(tmp_path / "ledger", log, pricing=(prices,))
    # 1,000,000 x 2 + 100 x 10 millionths
    assert query(tmp_path / "ledger", "select cost, cost_status from usage_bucket") == [(Decimal("2.001"), "estimated")]


def test_a_day_of_an_exporter_is_that_day_in_every_time_zone(reading, tmp_path):
    from zoneinfo import ZoneInfo

    from llmcost.domain.period import chosen_period, clock

    reading("usage.json", usage(completions(1000)), usage(completions(2000), day=1))
    zone = ZoneInfo("America/New_York")
    period = chosen_period(
        period="2026-11-01", since=None, until=None, now=clock("2026-11-05T00:00:00Z", zone), tz=zone
    )

    rows, _ = report(tmp_path, "day", zone=zone, period=period)
    assert [(row["day"], row["input_tokens"]) for row in rows] == [("2026-11-01", 1000)]


def test_an_unpriced_bucket_is_told_even_where_nobody_counts_requests(reading, tmp_path):
    result = {"uncached_input_tokens": 100, "output_tokens": 5, "model": "claude-house"}
    bucket = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z", "results": [result]}
    reading("usage.json", {"data": [bucket], "has_more": False, "next_page": None})

    rows, found = report(tmp_path, "model", metrics=("cost", "latency_p50"))
    assert [(row["model"], row["cost"], row["requests"]) for row in rows] == [("claude-house", None, None)]
    assert (found.coverage.buckets, found.coverage.unpriced_buckets) == (1, 1)
    assert "1 of 1 usage bucket is unpriced and in no sum of cost: claude-house." in footer(found)
    assert "Basis: exports, whose days are UTC days; " in "\n".join(footer(found))
    assert found.notes == ("the exports do not tell latency_p50",)


@pytest.mark.slow
def test_the_order_of_exports_does_not_matter(tmp_path):
    pages = {
        "morning": usage(completions(400), completions(10, model="o3")),
        "evening": usage(completions(900), completions(10, model="o3")),
        "keys": usage(completions(600, api_key_id="a"), completions(300, api_key_id="b")),
        "bill": usage(charge(0.0031)),
    }
    for name, page in pages.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(page), encoding="utf-8")

    orders = [list(pages), list(reversed(pages)), ["keys", "morning", "bill", "evening"]]
    told = []
    for number, order in enumerate(orders):
        read(tmp_path / f"ledger-{number}", *(tmp_path / f"{name}.json" for name in order))
        told.append(buckets(tmp_path / f"ledger-{number}"))
    for name in orders[2]:
        read(tmp_path / "ledger", tmp_path / f"{name}.json")
    told.append(buckets(tmp_path / "ledger"))

    assert told[1:] == told[:1] * 3
    # Of GPT-5.4 the evening's 900, of o3 the 10 of both; the keys, told apart, come to less than all models together.
    assert report(tmp_path)[0][0]["input_tokens"] == 910


def test_buckets_are_rated_again_on_demand(reading, tmp_path):
    reading("usage.json", usage(completions(1_000_000)), costs=[usage(charge(0.0031))])
    prices = tmp_path / "own.yaml"
    prices.write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nsources: {page: {url: 'https://example.com'}}\n"
        "models:\n  - id: openai/gpt-5.4\n    prices: [{source: page, rates: {input: 2, output: 10}}]\n",
        encoding="utf-8",
    )
    asked = RepriceRequest(ledger=tmp_path / "ledger", price_list=load_price_list((prices,)))

    diff = preview(asked)
    # 1,000,000 x 2.50 + 100 x 15 becomes 1,000,000 x 2 + 100 x 10 millionths; the bill of 0.0031 stays.
    assert (diff.total.changed, diff.buckets.rows, diff.buckets.changed) == (0, 2, 1)
    assert (diff.buckets.old_cost, diff.buckets.new_cost) == (Decimal("2.5046"), Decimal("2.0041"))
    assert preview(replace(asked, where=("model=gpt-5.4",))).buckets.rows == 0
    assert reprice(asked, lambda _: True) == diff
    assert not preview(asked).changed
    assert query(tmp_path / "ledger", "select cost, cost_status from usage_bucket order by cost desc") == [
        (Decimal("2.001"), "estimated"),
        (Decimal("0.0031"), "billed"),
    ]


def test_buckets_follow_the_rules_of_attribution_as_requests_do(reading, tmp_path):
    reading("usage.json", usage(completions(1000, user_id="anna"), completions(10)))

    changed = reattribute(tmp_path / "ledger", {**DEFAULT_ATTRIBUTION, "customer_id": ["user_id"]})
    assert {name: count for name, count in changed.items() if count} == {"customer_id": 1}
    again = reading("later.json", usage(completions(1000, user_id="anna"), completions(10)))
    assert (again.total("buckets"), again.total("new_buckets")) == (2, 0)
    assert query(tmp_path / "ledger", "select customer_id, user_id from usage_bucket order by all") == [
        ("anna", "anna"),
        (None, None),
    ]


def test_spans_of_any_length_are_counted_together(tmp_path, reading):
    def point(start, end, tokens):
        about = {"startTimestamp": f"2026-11-0{start}Z", "endTimestamp": f"2026-11-0{end}Z", "modelName": "x"}
        return {**about, "total": 1, "sumInputTokens": tokens, "sumOutputTokens": 0, "providerModelName": "gpt-5.4"}

    points = [
        point("1T10:00:00", "1T10:40:00", 100),
        point("1T10:15:00", "1T12:00:00", 20),
        point("1T09:00:00", "3T09:00:00", 3),
    ]
    reading("points.json", {"data": {"dataPoints": points}})

    assert report(tmp_path)[0][0]["input_tokens"] == 123


def test_charges_of_one_bucket_that_differ_in_the_amount_alone_add_up(reading, tmp_path):
    refunded = usage(charge(1.00, quantity=300), charge(-0.25, quantity=-100), charge(2, line_item="web search"))
    reading("costs.json", refunded, usage(charge(0.50, quantity=200)))

    assert query(
        tmp_path / "ledger", "select cost, json_extract_string(tags, '$.line_item') from usage_bucket order by cost"
    ) == [(Decimal("0.75"), "gpt-5.4, input_tokens"), (Decimal(2), "web search")]


CUR = "UsageStartDate,UsageEndDate,LineItemType,ProductCode,UsageType,Operation,UsageAmount,UnblendedCost,CurrencyCode"


def cur(path, *lines):
    """A Cost and Usage Report: operation, amount and region of each charge."""
    header = ",".join([*(f"lineItem/{name}" for name in CUR.split(",")), "product/region"])
    about = "2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,Usage,AmazonBedrock,USE1-Claude4.6Opus-input-tokens"
    rows = [f"{about},{operation},1000,{amount},USD,{region}" for operation, amount, region in lines]
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_charges_of_two_operations_add_up_however_the_report_is_cut(tmp_path):
    first = cur(tmp_path / "cur-1.csv", ("InvokeModelInference", "5", "us-east-1"))
    second = cur(tmp_path / "cur-2.csv", ("InvokeModelStreamingInference", "3", "us-east-1"))
    result = read(tmp_path / "ledger", first, second)

    assert query(tmp_path / "ledger", "select sum(cost) from usage_bucket") == [(Decimal(8),)]
    assert [remark.message for remark in remarks(result)] == []


@pytest.mark.parametrize("batch", [2, 1], ids=["one-batch", "a-batch-each"])
@pytest.mark.parametrize("region", ["us-east-1", ""], ids=["same-bucket", "other-breakdown"])
def test_a_bill_that_differs_between_files_of_one_run_is_told(tmp_path, monkeypatch, region, batch):
    monkeypatch.setattr(run, "_BATCH_FILES", batch)
    first = cur(tmp_path / "cur-1.csv", ("InvokeModelInference", "5", "us-east-1"))
    second = cur(tmp_path / "cur-2.csv", ("InvokeModelInference", "3", region))
    result = read(tmp_path / "ledger", first, second)

    (remark,) = remarks(result)
    assert remark.serious
    assert remark.message.startswith(
        "exports of the same days differ from file to file, and of two readings the larger "
    )
    assert str(second) in remark.message


def test_a_later_delivery_of_a_bill_that_only_adds_lines_is_not_remarked_upon(tmp_path):
    first = cur(tmp_path / "monday.csv", ("InvokeModelInference", "5", "us-east-1"))
    whole = [("InvokeModelInference", "5", "us-east-1"), ("InvokeModelInference", "3", "us-west-2")]
    result = read(tmp_path / "ledger", first, cur(tmp_path / "tuesday.csv", *whole))

    assert (list(remarks(result)), result.total("new_buckets")) == ([], 2)


@pytest.mark.parametrize("day", ["4/1/25", "10/1/26", "1/5/26 10:00:00+02:00"])
def test_a_day_whose_year_has_two_digits_is_a_reject_and_not_of_antiquity(tmp_path, day):
    head = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName"
    (tmp_path / "focus.csv").write_text(f"{head}\n3,USD,Usage,{day},{day},OpenAI API,OpenAI\n", encoding="utf-8")
    read(tmp_path / "ledger", tmp_path / "focus.csv")

    assert query(tmp_path / "ledger", "select count(*) from usage_bucket") == [(0,)]
    ((line, reason),) = query(tmp_path / "ledger", "select line, reason from reject")
    assert (line, reason.split(";")[0]) == (2, "no time in the record")


def test_charges_of_a_bill_in_another_currency_are_said_to_be_without_a_price(tmp_path):
    """2.50 USD and 9.20 EUR of one meter; Azure's names of meters are no models of the price list."""
    head = "date,meterCategory,meterName,unitOfMeasure,quantity,costInBillingCurrency,billingCurrency,resourceGroupName"
    meter = "10/01/2026,Azure OpenAI,gpt 4o 1120 Inp glbl Tokens,1K"
    rows = f"{meter},1000,2.50,USD,rg-us\n{meter},4000,9.20,EUR,rg-eu\n"
    (tmp_path / "azure.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
    read(tmp_path / "ledger", tmp_path / "azure.csv")

    rows, found = report(tmp_path, "project")
    assert [(row["project"], row["cost"], row["input_tokens"]) for row in rows] == [
        ("rg-us", Decimal("2.5"), 1_000_000),
        ("rg-eu", None, 4_000_000),
    ]
    assert (found.coverage.buckets, found.coverage.unpriced_buckets) == (2, 1)


def test_a_charge_in_another_currency_is_told_beside_the_usage_that_dollars_cover(reading, tmp_path):
    euros = charge(3, line_item="gpt-5.4, output_tokens") | {"amount": {"value": 3, "currency": "eur"}}
    reading("usage.json", usage(completions(1000)), costs=[usage(charge(0.0031), euros)])

    rows, found = report(tmp_path)
    assert [(row["cost"], row["input_tokens"]) for row in rows] == [(Decimal("0.0031"), 1000)]
    assert (found.coverage.buckets, found.coverage.unpriced_buckets) == (3, 1)
    assert "1 of 3 usage buckets is unpriced and in no sum of cost: gpt-5.4. It is stated in EUR." in footer(found)
