"""`llmcost prices list`, `show` and `explain`, and `llmcost explain`: exit codes, and what goes to which stream."""

import csv
import io
import json

import pytest
from tests.ingesting import chat, write

CONFIG = "pricing: [prices.yaml]\n"
PRICES = """\
schema: llmcost-pricing/1
currency: USD
as_of: 2026-11-21
sources:
  acme: {url: "https://acme.example/pricing", checked: 2026-11-20}
models:
  - id: openai/acme-large
    match: {exact: [acme-latest], dated: true}
    prices:
      - source: acme
        rates: {input: 2.5, output: 15}
      - from: 2026-10-01
        source: acme
        rates: {input: 2, output: 12, cache_read: 0.2}
        tiers: [{above: 200000, rates: {input: 4, output: 18, cache_read: 0.4}}]
        variants:
          - {when: {processing: batch}, rates: {input: 1, output: 6, cache_read: 0.1}}
          - {when: {clock: {days: [sat, sun], between: ["01:00-04:00"]}}, rates: {input: 1, output: 9, cache_read: 0.2}}
        multipliers: [{when: {inference_region: eu}, factor: 1.1}]
        fees: {web_search: 10, code_session: 0.03, video_second: 0.05}
  - id: openai/acme-ears
    prices: [{fees: {audio_hour: 0.111}, minimums: {audio_seconds: 10}}]
  - id: openai/acme-free
    prices: [{free: true}]
aliases: [{provider: openai, name: acme-next, to: openai/acme-large, from: 2026-11-01}]
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "llmcost.yaml").write_text(CONFIG)
    (tmp_path / "prices.yaml").write_text(PRICES)
    return tmp_path


def test_the_list_as_a_table(cli, here):
    run = cli("prices", "list", "--search", "acme", "--at", "2026-11-21")

    assert (run.code, run.stderr) == (0, "")
    lines = [line.rstrip().split() for line in run.stdout.splitlines()]
    assert lines[0][:8] == ["Model", "Input", "Cache", "read", "Cache", "write", "Output", "Since"]
    assert lines[1][:6] == ["openai/acme-ears", "-", "-", "-", "-", "-"]
    assert lines[3][:9] == [
        *("openai/acme-large", "2.00", "0.20", "-", "12.00", "2026-10-01", "tiers,", "batch,", "clock")
    ]
    assert lines[3][9:] == ["2026-11-20", "project", "https://acme.example/pricing"]
    assert "0.111/hour of audio" in run.stdout


@pytest.mark.slow
def test_the_whole_list_in_every_format(cli, here):
    for output_format in ("table", "csv", "json", "markdown"):
        run = cli("prices", "list", "--all", "--format", output_format)
        assert (run.code, run.stderr) == (0, "")
        assert "openai/acme-large" in run.stdout
        assert "ai21/j2-light" in run.stdout


def test_a_bare_list_is_of_what_somebody_reviewed(cli, here):
    run = cli("prices", "list", "--format", "csv")
    assert "openai/acme-large" in run.stdout
    assert "ai21/j2-light" not in run.stdout
    assert "more models are in the catalogue: --all, --provider or --search shows them" in run.stderr
    assert "ai21/j2-light" in cli("prices", "list", "--provider", "ai21", "--format", "csv").stdout


def test_the_list_as_csv_has_a_column_a_unit(cli, here):
    run = cli("prices", "list", "--search", "acme-large", "--at", "2026-11-21", "--format", "csv")

    (row,) = csv.DictReader(io.StringIO(run.stdout))
    assert (row["id"], row["input"], row["cache_read"], row["output"]) == ("openai/acme-large", "2.00", "0.20", "12.00")
    assert (row["web_search"], row["since"], row["batch"]) == ("10.00", "2026-10-01", "true")


def test_the_list_at_a_date(cli, here):
    run = cli("prices", "list", "--search", "acme-large", "--at", "2026-09-30", "--format", "json")

    document = json.loads(run.stdout)
    assert document["schema"] == "llmcost/prices/1"
    (model,) = document["models"]
    assert (model["rates"], model["since"]) == ({"input": "2.50", "output": "15.00"}, None)


def test_a_limited_list_says_so(cli, here):
    run = cli("prices", "list", "--search", "acme", "--limit", "1")

    assert run.stderr == "note: 1 of 3 models shown\n"


def test_nothing_found_is_no_error(cli, here):
    run = cli("prices", "list", "--search", "no-such-model-anywhere")

    assert (run.code, run.stderr) == (0, "note: no model's name has 'no-such-model-anywhere' in it\n")


@pytest.mark.parametrize("name", ["openai/acme-large", "acme-latest", "acme-large-2026-01-01", "acme-next"])
def test_everything_about_a_model(cli, here, name):
    run = cli("prices", "show", name, "--at", "2026-11-21")

    assert (run.code, run.stderr) == (0, "")
    text = run.stdout
    for part in (
        "openai/acme-large\n",
        "Names     acme-large, acme-latest, each also followed by a date\n",
        "Alias     acme-next from 2026-11-01\n",
        "Layer     project\n",
        "From 2026-10-01\n",
        "From the beginning until 2026-10-01\n",
        "standard                         2.00        0.20   12.00\n",
        "standard, prompt above 200,000   4.00        0.40   18.00\n",
        "Fees      10.00/1k web searches, 0.03/code session, 0.05/second of video\n",
        "Factor    1.1 on token rates when inference_region is eu\n",
        "Variant   clock when it is Sat-Sun 01:00-04:00 UTC\n",
        "Source    https://acme.example/pricing, checked 2026-11-20\n",
    ):
        assert part in text


def test_a_model_as_json(cli, here):
    document = json.loads(cli("prices", "show", "acme-large", "--format", "json").stdout)

    assert document["schema"] == "llmcost/price/1"
    first, second = document["prices"]
    assert (first["from"], first["until"]) == (None, "2026-10-01")
    assert [tier["prompt_from"] for tier in second["tiers"]] == [0, 200001]
    assert second["variants"][0]["when"] == {"processing": ["batch"]}
    assert second["variants"][1]["when"] == {"clock": ["Sat-Sun 01:00-04:00"]}


@pytest.mark.parametrize("arguments", [("show", "acme-larg"), ("explain", "--model", "acme-larg")])
def test_an_unknown_model_is_a_usage_error_with_the_nearest(cli, here, arguments):
    run = cli("prices", *arguments)

    assert (run.code, run.stdout) == (2, "")
    assert "the price list has no model 'acme-larg'" in run.stderr
    assert "openai/acme-large" in run.stderr


def test_a_call_that_was_never_made(cli, here):
    run = cli(
        *("prices", "explain", "--model", "acme-next", "--at", "2026-11-21T10:00:00Z"),
        *("--usage", "input=1000,cache_read=200", "--usage", "output=50", "--region", "EU", "--format", "json"),
    )

    document = json.loads(run.stdout)
    # (1000 x 2 + 200 x 0.2 + 50 x 12) / 1M x 1.1
    assert (document["schema"], document["cost"]) == ("llmcost/price-explain/1", "0.002904")
    assert [line["amount"] for line in document["lines"]] == ["0.0022", "0.000044", "0.00066"]
    assert document["price"]["match"] == "alias"


def test_a_free_call(cli, here):
    run = cli("prices", "explain", "--model", "acme-free")

    assert run.code == 0
    assert "Cost      0.00 USD, free: free model\n" in run.stdout


def test_a_variant_without_an_entry_of_its_own_is_explained_by_the_page_that_defines_it(cli):
    run = cli("prices", "explain", "--model", "openrouter/acme/owl:free", "--at", "2026-11-21T10:00:00Z")
    assert run.code == 0
    assert "0.00 USD, free: OpenRouter's :free variant" in run.stdout
    assert "openrouter.ai/docs/guides/routing/model-variants/free" in run.stdout
    assert "layer" not in run.stdout


@pytest.mark.parametrize("region", [("azure/eu/gpt-4.1",), ("azure/gpt-4.1", "--region", "eu")])
def test_a_factor_names_the_region_of_the_call_and_no_other(cli, region):
    run = cli("prices", "explain", "--model", *region, "--usage", "input=1000")
    assert "\nFactor    1.1 on token amounts, because inference_region is eu\n" in run.stdout


def test_a_request_is_explained_in_each_format(cli, here):
    log = write(here / "log.jsonl", [chat("a", model="acme-large")])
    assert cli("ingest", log).code == 0

    table = cli("explain", "chatcmpl-a-0a1b2c3d")
    document = cli("explain", "chatcmpl-a-0a1b2c3d", "--format", "json")
    markdown = cli("explain", "chatcmpl-a-0a1b2c3d", "--format", "markdown", "--output", "why.md")

    # 100 x 2 / 1M + 10 x 12 / 1M
    assert "Cost      0.00032 USD, priced\n" in table.stdout
    assert json.loads(document.stdout)["cost"] == "0.00032"
    assert (markdown.stdout, markdown.code) == ("", 0)
    assert (here / "why.md").read_text("utf-8").startswith("### Request chatcmpl-a-0a1b2c3d\n")


def test_an_unknown_request_and_a_missing_ledger_are_different_errors(cli, here):
    assert cli("explain", "nobody").code == 3

    log = write(here / "log.jsonl", [chat("a", model="acme-large")])
    cli("ingest", log)
    run = cli("explain", "nobody")

    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith("error: no request 'nobody' in the ledger\n")
