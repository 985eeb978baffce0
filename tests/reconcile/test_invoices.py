"""What each export becomes: lines with the bill's own digits, and what could not be used with its place."""

import gzip
import json
from datetime import date
from decimal import Decimal

import pytest

from llmcost.domain.bill_words import amount_of
from llmcost.domain.errors import ConfigError, DataError, UsageError
from llmcost.reconcile.mapping import read_map
from llmcost.reconcile.reading import read_invoices
from llmcost.reconcile.registry import invoice_formats


def lines(path, **how):
    """Format, lines as (since, until, provider, model, class, quantity, amount, currency), and unused as (place, reason)."""
    (found,) = read_invoices([path], **how)
    return (
        found.format,
        [
            (
                str(one.since),
                str(one.until),
                one.provider,
                one.model,
                one.token_class,
                None if one.quantity is None else str(one.quantity),
                str(one.amount),
                one.currency,
            )
            for one in found.lines
        ],
        [(one.place.removeprefix(str(path)), one.reason) for one in found.unused],
    )


def file(folder, text, name="bill.csv"):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


OPENAI = """start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id
1793491200,1793577600,2026-11-01T00:00:00,2026-11-02T00:00:00,0.123456789012345678901234567890,usd,10.5,1000_tokens,"gpt-5-mini, input_tokens",p
1793491200,1793577600,2026-11-01T00:00:00,2026-11-02T00:00:00,0.02,usd,800,tokens,"gpt-5-mini-2025-08-07, cached input",p
1793577600,1793664000,2026-11-02T00:00:00,2026-11-03T00:00:00,,,,,,
1793664000,1793750400,2026-11-03T00:00:00,2026-11-04T00:00:00,0.25,usd,25,,web search tool calls,p
1793664000,1793750400,2026-11-03T00:00:00,2026-11-04T00:00:00,abc,usd,,,"gpt-5-mini, output",p
"""


def test_openai_csv_keeps_every_digit_and_names_the_line_it_cannot_read(tmp_path):
    assert lines(file(tmp_path, OPENAI)) == (
        "openai-costs-csv",
        [
            (
                "2026-11-01",
                "2026-11-02",
                "openai",
                "gpt-5-mini",
                "input",
                "10500.0",
                "0.123456789012345678901234567890",
                "USD",
            ),
            ("2026-11-01", "2026-11-02", "openai", "gpt-5-mini-2025-08-07", "cache_read", "800", "0.02", "USD"),
            ("2026-11-03", "2026-11-04", "openai", None, "units", "25", "0.25", "USD"),
        ],
        [(":6", "'abc' is not an amount")],
    )


def test_openai_json_numbers_keep_their_digits(tmp_path):
    text = """{"object": "page", "has_more": true, "next_page": "x", "data": [
        {"object": "bucket", "start_time": 1793491200, "end_time": 1793577600, "results": [
            {"object": "organization.costs.result", "amount": {"value": 0.1000000000000000000000000000001, "currency": "usd"},
             "line_item": "gpt-5, output_tokens", "quantity": 7, "quantity_unit": "tokens"},
            {"object": "organization.costs.result", "amount": {"value": 3e-7, "currency": "usd"}, "line_item": null}
        ]}]}"""

    assert lines(file(tmp_path, text, "costs.json")) == (
        "openai-costs",
        [
            ("2026-11-01", "2026-11-02", "openai", "gpt-5", "output", "7", "0.1000000000000000000000000000001", "USD"),
            ("2026-11-01", "2026-11-02", "openai", None, None, None, "3E-7", "USD"),
        ],
        [(":", "the API announced another page, which is not here")],
    )


def test_a_page_announced_may_be_another_file(tmp_path):
    def page(day, *, more):
        start = 1_793_491_200 + 86_400 * day
        bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": []}
        text = json.dumps({"object": "page", "has_more": more, "data": [bucket]})
        return file(tmp_path, text, f"page-{day}.json")

    first, second, third = page(0, more=True), page(1, more=True), page(2, more=False)

    def unread(*paths):
        return [len(invoice.unused) for invoice in read_invoices(paths, format_name="openai-costs")]

    assert unread(first, second, third) == [0, 0, 0]
    assert unread(first, third) == [1, 0]
    assert unread(first, second) == [0, 1]


@pytest.mark.parametrize(("text", "amount"), [("$1.00", "1.00"), ("$-1.00", "-1.00"), ("-$1,234.50", "-1234.50")])
def test_a_credit_may_have_its_sign_before_the_dollar(text, amount):
    assert amount_of(text) == Decimal(amount)


def test_anthropic_amounts_are_cents(tmp_path):
    results = [
        {
            "amount": "123.78912",
            "currency": "USD",
            "cost_type": "tokens",
            "model": "claude-haiku-4-5",
            "token_type": kind,
        }
        for kind in ("uncached_input_tokens", "cache_creation.ephemeral_1h_input_tokens", "cache_read_input_tokens")
    ]
    results.append({"amount": "50", "currency": "USD", "cost_type": "web_search", "model": None, "token_type": None})
    bucket = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z", "results": results}
    path = file(tmp_path, json.dumps({"data": [bucket], "has_more": False}), "report.json")

    assert lines(path) == (
        "anthropic-cost-report",
        [
            ("2026-11-01", "2026-11-02", "anthropic", "claude-haiku-4-5", "input", None, "1.2378912", "USD"),
            ("2026-11-01", "2026-11-02", "anthropic", "claude-haiku-4-5", "cache_write", None, "1.2378912", "USD"),
            ("2026-11-01", "2026-11-02", "anthropic", "claude-haiku-4-5", "cache_read", None, "1.2378912", "USD"),
            ("2026-11-01", "2026-11-02", "anthropic", None, "units", None, "0.50", "USD"),
        ],
        [],
    )


CONSOLE = """\ufeffusage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type
2026-11-01,Claude Haiku 4.5,Default,key,message,\u2264 200k,input_no_cache,"1,234.56",1234.56,token
2026-11-01,Claude Haiku 4.5,Default,key,message,\u2264 200k,input_cache_read,0.01,0.01,token
2026-11-01,Claude Haiku 4.5,Default,key,message,\u2264 200k,input_cache_write_5m,0.02,0.02,token
2026-11-01,Claude Haiku 4.5,Default,key,message,\u2264 200k,output,0.00,0.00,token
2026-11-01,,Default,key,,,,0.30,0.30,web_search
"""


def test_the_console_csv_has_display_names_and_thousands(tmp_path):
    path = tmp_path / "claude_api_cost_2026_11.csv.gz"
    path.write_bytes(gzip.compress(CONSOLE.encode()))

    found, read, unused = lines(path)

    assert (found, unused) == ("anthropic-console-csv", [])
    assert [one[3:7] for one in read] == [
        ("Claude Haiku 4.5", "input", None, "1234.56"),
        ("Claude Haiku 4.5", "cache_read", None, "0.01"),
        ("Claude Haiku 4.5", "cache_write", None, "0.02"),
        ("Claude Haiku 4.5", "output", None, "0.00"),
        (None, "units", None, "0.30"),
    ]


CUR_1 = """identity/LineItemId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost,pricing/unit
a,Usage,2026-11-01T05:00:00Z,AmazonBedrock,USE1-Claude4.6Opus-input-tokens,12.5,USD,0.0625,1K tokens
b,Usage,2026-11-01T06:00:00Z,AmazonBedrock,USE1-Claude4.6Opus-cache-write-input-token-count-1-hour,1,USD,0.01,1K tokens
c,Usage,2026-11-01T06:00:00Z,AmazonEC2,USE1-BoxUsage:t3.micro,1,USD,0.0104,Hrs
d,Tax,2026-11-01T00:00:00Z,AmazonBedrock,,1,USD,1.90,
"""

CUR_2 = """line_item_line_item_type,line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,line_item_currency_code,line_item_unblended_cost,pricing_unit
Usage,2026-11-01 05:00:00.000,AmazonBedrockService,EUW1-anthropic.claude-opus-4-6-mantle-output-tokens-standard,3,USD,0.075,1K tokens
"""


def test_cost_and_usage_reports_of_both_versions(tmp_path):
    assert lines(file(tmp_path, CUR_1)) == (
        "aws-cur",
        [
            ("2026-11-01", "2026-11-02", "aws", "Claude4.6Opus", "input", "12500.0", "0.0625", "USD"),
            ("2026-11-01", "2026-11-02", "aws", "Claude4.6Opus", "cache_write", "1000", "0.01", "USD"),
        ],
        [(":4", "another service"), (":5", "a charge of type Tax")],
    )
    assert lines(file(tmp_path, CUR_2))[1] == [
        ("2026-11-01", "2026-11-02", "aws", "anthropic.claude-opus-4-6", "output", "3000", "0.075", "USD")
    ]


FOCUS = """BilledCost,BillingCurrency,ChargeCategory,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,EffectiveCost,ProviderName,ServiceName,SkuId,SkuPriceDetails,x_Model
0.3,USD,Usage,gpt-5 input tokens,2026-11-02T00:00:00Z,2026-11-01T00:00:00Z,120.0,1000 Tokens,0.3,OpenAI,OpenAI API,openai/gpt-5/input,"{""x_TokenType"": ""cached_input""}",
0.4,USD,Usage,output tokens,2026-12-01 00:00:00,2026-11-01 00:00:00,NULL,NULL,0.4,AWS,Amazon Bedrock,X,NULL,claude-opus-4-6
9.9,USD,Usage,boxes,2026-11-01T01:00:00Z,2026-11-01T00:00:00Z,1,Hours,9.9,AWS,Amazon Elastic Compute Cloud,X,,
-1,USD,Credit,credit,2026-11-02T00:00:00Z,2026-11-01T00:00:00Z,,,-1,OpenAI,OpenAI API,,,
"""


def test_focus_takes_the_token_class_from_where_it_is_told(tmp_path):
    assert lines(file(tmp_path, FOCUS)) == (
        "focus",
        [
            ("2026-11-01", "2026-11-02", "openai", "gpt-5", "cache_read", "120000.0", "0.3", "USD"),
            ("2026-11-01", "2026-12-01", "aws", "claude-opus-4-6", "output", None, "0.4", "USD"),
        ],
        [(":4", "another service"), (":5", "a charge of category Credit")],
    )


def costs(folder, name, *days):
    """OpenAI's costs of November; each day is a list of (amount, line item, project)."""
    buckets = []
    for day, charges in days:
        start = 1_793_491_200 + 86_400 * (day - 1)
        results = [
            {"object": "organization.costs.result", "amount": {"value": amount, "currency": "usd"},
             "line_item": item, "project_id": project}
            for amount, item, project in charges
        ]  # fmt: skip
        buckets.append({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results})
    return file(folder, json.dumps({"object": "page", "has_more": False, "data": buckets}), name)


def counted(*paths):
    """By file, the amounts compared and those that another file charges for, too."""
    return [
        (
            [float(line.amount) for line in invoice.lines],
            [float(one.amount) for one in invoice.unused if one.kind == "repeated"],
        )
        for invoice in read_invoices(paths)
    ]


def test_days_of_two_pulls_are_counted_once_and_in_the_larger(tmp_path):
    """Day 2 had grown when it was pulled again; another project's charge on it is another charge."""
    one, two = (1.0, "gpt-5, input_tokens", "one"), (2.0, "gpt-5, input_tokens", "one")
    first = costs(tmp_path, "first.json", (1, [one]), (2, [one]))
    second = costs(tmp_path, "second.json", (2, [two, (0.5, "gpt-5, input_tokens", "two")]), (3, [one]))

    assert counted(first, second) == [([1.0], [1.0]), ([2.0, 0.5, 1.0], [])]
    assert counted(second, first) == [([2.0, 0.5, 1.0], []), ([1.0], [1.0])]


def test_the_lines_of_one_file_are_added_up_before_files_are_compared(tmp_path):
    """10 - 4 is less than the 7 of the other pull."""
    item = "gpt-5, input_tokens"
    refunded = costs(tmp_path, "refunded.json", (1, [(10.0, item, "one"), (-4.0, item, "one")]))
    other = costs(tmp_path, "other.json", (1, [(7.0, item, "one")]))

    assert counted(refunded) == [([10.0, -4.0], [])]
    assert counted(refunded, other) == [([], [10.0, -4.0]), ([7.0], [])]


@pytest.mark.parametrize("text", [OPENAI, CONSOLE, CUR_1, FOCUS])
def test_a_copy_of_a_file_charges_for_nothing(tmp_path, text):
    original, copy = read_invoices([file(tmp_path, text), file(tmp_path, text, "copy.csv")])

    assert original == read_invoices([tmp_path / "bill.csv"])[0]
    assert copy.lines == ()
    assert {one.kind for one in copy.unused if one.amount is not None} == {"repeated"}
    assert len([one for one in copy.unused if one.kind == "repeated"]) == len(original.lines) + len(
        [one for one in original.unused if one.kind == "foreign"]
    )


MAP = """columns: {date: Tag, model: Modell, token_class: Art, amount: Betrag, quantity: Menge}
date_format: "%d.%m.%Y"
amount_unit: cents
decimal_comma: true
provider: OpenAI
currency: EUR
token_classes: {Eingabe: input, Ausgabe: output}
"""


def test_a_mapping_reads_any_table(tmp_path):
    bill = file(
        tmp_path, "Tag;Modell;Art;Menge;Betrag\n01.11.2026;gpt-5;Eingabe;1.000;1.234,5\n31.02.2026;gpt-5;Ausgabe;;2\n"
    )

    assert lines(bill, invoice_map=read_map(file(tmp_path, MAP, "map.yaml"))) == (
        "map",
        [("2026-11-01", "2026-11-02", "openai", "gpt-5", "input", "1000", "12.345", "EUR")],
        [(":3", "'31.02.2026' is not a date like %d.%m.%Y")],
    )


def test_with_a_decimal_comma_a_point_that_parts_no_thousands_is_no_amount(tmp_path):
    mapping = MAP.replace("amount_unit: cents\n", "")
    amounts = ["0,025", "1.234,56", "-12.345.678", "0.01", "12.50", "1,234.56", "0.125", "1234.567"]
    bill = file(tmp_path, "".join(f"{line}\n" for line in ("Tag;Modell;Art;Menge;Betrag", *(
        f"01.11.2026;gpt-5;Eingabe;;{amount}" for amount in amounts
    ))))  # fmt: skip

    _, found, unused = lines(bill, invoice_map=read_map(file(tmp_path, mapping, "map.yaml")))

    assert [line[6] for line in found] == ["0.025", "1234.56", "-12345678"]
    assert unused == [
        (f":{number}", f"'{amount}' is not an amount with a decimal comma")
        for number, amount in enumerate(amounts[3:], 5)
    ]


@pytest.mark.parametrize(
    ("dates", "formatted"),
    [
        (("01.11.2026", "02.11.2026", "04.11.2026", "31.10.2026"), 'date_format: "%d.%m.%Y"\n'),
        (("2026-11-01", "2026-11-02", "2026-11-04", "2026-10-31"), ""),
    ],
)
def test_a_charge_of_a_mapped_table_lasts_a_day_at_least(tmp_path, dates, formatted):
    """The end is the day after the last; an invoice that writes one day from itself to itself means that day."""
    first, next_day, later, earlier = dates
    bill = file(
        tmp_path, "From,To,Amount\n" + "".join(f"{first},{end},1\n" for end in (first, next_day, later, earlier, ""))
    )
    mapping = file(tmp_path, f"columns: {{date: From, until: To, amount: Amount}}\n{formatted}", "map.yaml")

    _, found, unused = lines(bill, invoice_map=read_map(mapping))

    assert [one[:2] for one in found] == [
        ("2026-11-01", "2026-11-02"),
        ("2026-11-01", "2026-11-02"),
        ("2026-11-01", "2026-11-04"),
        ("2026-11-01", "2026-11-02"),
    ]
    assert unused == [(":5", "ends on 2026-10-31, before it begins on 2026-11-01")]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("columns: {date: A}\n", "map.yaml:1:1: no column for amount"),
        ("columns:\n  date: A\n  amont: B\n", "map.yaml:3:3: unknown key 'amont'; did you mean 'amount'?"),
        (
            "columns: {date: A, amount: B}\ntoken_classes:\n  X: inputs\n",
            "map.yaml:3:3: there is no token class 'inputs'",
        ),
        ("columns: {date: A, amount: B}\namount_unit: pence\n", "map.yaml:2:1: amount_unit cannot be 'pence'"),
        ("provider: x\n", "map.yaml:1:1: no columns"),
    ],
)
def test_a_wrong_mapping_is_named_with_its_line(tmp_path, mapping, message):
    with pytest.raises(ConfigError) as caught:
        read_map(file(tmp_path, mapping, "map.yaml"))

    assert caught.value.message == f"{tmp_path}/{message}"


def test_a_column_that_is_not_there_is_named_where_the_mapping_asks_for_it(tmp_path):
    bill = file(tmp_path, "Day,Amount\n2026-11-01,1\n")
    mapping = read_map(file(tmp_path, "columns:\n  date: Day\n  amount: Betrag\n", "map.yaml"))

    with pytest.raises(ConfigError, match=r"map\.yaml:3:3: .*bill\.csv has no column 'Betrag'") as caught:
        read_invoices([bill], invoice_map=mapping)

    assert caught.value.hint == "its columns are Day, Amount"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,b\n1,2\n", "no invoice format knows this file (columns a, b)"),
        (b"{}", "no invoice format knows this file (a JSON document)"),
        (b'{"data": ', "not JSON"),
        (b'{"data": [NaN]}', "NaN is not a number"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "cannot be read|not UTF-8"),
        (b"start_time,\xff\n", "not UTF-8 text"),
        (gzip.compress(CONSOLE.encode())[:-20], "cannot be read"),
    ],
)
def test_what_is_no_bill_is_refused_with_its_name(tmp_path, content, message):
    path = tmp_path / "bill"
    path.write_bytes(content)

    with pytest.raises(DataError, match=rf"bill.*({message.replace('(', '.').replace(')', '.')})"):
        read_invoices([path])


def test_a_bill_that_breaks_off_is_refused(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_bytes(OPENAI.encode() + b"\xff\xfe,,\n")

    with pytest.raises(DataError, match=r"bill\.csv.*not UTF-8 text"):
        read_invoices([path])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_invoices([tmp_path / "nowhere.csv"])


def test_an_unknown_format_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_invoices([], format_name="openai-cost")

    assert "openai-costs" in (caught.value.hint or "")


def test_a_format_can_be_forced(tmp_path):
    path = file(tmp_path, '{"data": []}', "empty.json")

    (found,) = read_invoices([path], format_name="openai-costs")

    assert found.lines == ()


def test_every_fixture_is_claimed_by_one_format_only(tmp_path):
    from llmcost.reconcile.bill import open_bill

    for text in (OPENAI, CONSOLE, CUR_1, CUR_2, FOCUS):
        bill = open_bill(file(tmp_path, text))

        assert sum(one.claims(bill) for one in invoice_formats().values()) == 1


def test_utf_16_is_read(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_bytes(CONSOLE.lstrip("\ufeff").encode("utf-16"))

    assert read_invoices([path])[0].lines[0].amount == Decimal("1234.56")
    assert read_invoices([path])[0].lines[0].since == date(2026, 11, 1)
