"""`llmcost prices update`."""

import json

import pytest
from tests.net.test_download import serving
from tests.pricing.update.catalogues import GENAI_BYTES, LITELLM_BYTES

from llmcost.domain.errors import ExitCode

OURS = """
schema: llmcost-pricing/1
currency: USD
as_of: 2026-01-01
models:
  - id: openai/gpt-x
    prices: [{rates: {input: 3, cache_read: 0.5, output: 8}}]
  - id: openai/gpt-y
    prices: [{rates: {input: 9, output: 2}}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "genai.json").write_bytes(GENAI_BYTES)
    (tmp_path / "litellm.json").write_bytes(LITELLM_BYTES)
    (tmp_path / "ours.yaml").write_text(OURS)
    mine = tmp_path / "home/.local/share/llmcost/prices/2026-01-01.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text(OURS)
    return tmp_path


BOTH = ("--from", "genai.json", "--from", "litellm.json", "--as-of", "2026-11-11T15:00:00Z")


def differences(document):
    return {(one["model"], one["unit"], one["prompt_from"]): one for one in document["differences"]}


def test_check_shows_what_differs_writes_nothing_and_fails(cli, folder):
    done = cli("prices", "update", *BOTH, "--check")
    assert done.code == ExitCode.FINDING
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["Model", "Price", "Ours", "genai-prices", "litellm", "Agree", "State"] in rows
    assert ["openai/gpt-x", "input", "3.00", "2.00", "2.00", "2/2", "stale"] in rows
    assert ["openai/gpt-y", "input", "9.00", "1.00", "3.00", "1/2", "disputed"] in rows
    assert "1 stale price, 1 disputed." in done.stdout
    assert [path.name for path in folder.glob("home/.local/**/*.yaml")] == ["2026-01-01.yaml"]


def test_a_price_the_catalogues_dispute_fails_only_a_strict_check(cli, folder):
    alone = ("--from", "litellm.json", "--as-of", "2026-11-11T15:00:00Z", "--check")

    assert cli("prices", "update", *alone).code == ExitCode.OK
    assert cli("prices", "update", *alone, "--fail-on", "disputed").code == ExitCode.FINDING
    assert cli("prices", "update", *alone, "--fail-on", "missing").code == ExitCode.USAGE


def test_json_names_the_numbers_as_text(cli, folder):
    done = cli("prices", "update", *BOTH, "--check", "--format", "json")
    document = json.loads(done.stdout)
    assert document["schema"] == "llmcost/prices-update/1"
    assert differences(document)["openai/gpt-x", "input", 0] == {
        "model": "openai/gpt-x",
        "unit": "input",
        "conditions": {},
        "prompt_from": 0,
        "ours": "3.00",
        "theirs": {"genai-prices": "2.00", "litellm": "2.00"},
        "proposed": "2.00",
        "state": "stale",
    }
    assert (document["written"], document["changed"], document["added"]) == (None, [], [])


def test_what_is_agreed_is_written_for_the_user(cli, folder):
    done = cli("prices", "update", *BOTH, "--format", "json")
    assert (done.code, done.stderr) == (ExitCode.OK, "")
    written = folder / "home/.local/share/llmcost/prices/2026-11-11.yaml"
    document = json.loads(done.stdout)
    assert document["written"] == str(written)
    assert "openai/gpt-x" in document["changed"]
    text = written.read_text()
    assert '      - from: "2026-11-11"\n        source: "catalogues"\n' in text
    assert "        rates: {input: 2, cache_read: 0.5, output: 8}\n" in text


@pytest.mark.slow
def test_what_a_project_agreed_on_stays_its_own(cli, folder):
    """Catalogues: gpt-x is 2 / 8. The user's list says 3 / 8, the project's contract 1 / 4."""
    contract = OURS.replace("input: 3, cache_read: 0.5, output: 8", "input: 1, cache_read: 0.5, output: 4")
    (folder / "contract.yaml").write_text(contract)
    (folder / "llmcost.yaml").write_text("pricing: [contract.yaml]\n")

    done = cli("prices", "update", *BOTH, "--format", "json")
    assert differences(json.loads(done.stdout))["openai/gpt-x", "input", 0]["ours"] == "3.00"
    written = (folder / "home/.local/share/llmcost/prices/2026-11-11.yaml").read_text()
    assert "rates: {input: 3, cache_read: 0.5, output: 8}" in written
    assert "rates: {input: 2, cache_read: 0.5, output: 8}" in written
    assert "input: 1," not in written

    assert cli("prices", "update", *BOTH, "--check").code == ExitCode.OK


def test_a_file_of_the_project_is_brought_up_to_date_beside_its_contracts(cli, folder):
    (folder / "contract.yaml").write_text(OURS)
    (folder / "llmcost.yaml").write_text("pricing: [contract.yaml, list.yaml]\n")
    (folder / "list.yaml").write_text("schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-01-01\nmodels: []\n")

    to_list = json.loads(cli("prices", "update", *BOTH, "--to", "list.yaml", "--format", "json").stdout)
    to_contract = json.loads(cli("prices", "update", *BOTH, "--to", "contract.yaml", "--format", "json").stdout)

    assert not any(one["model"] == "openai/gpt-x" for one in to_list["differences"])
    assert "openai/gpt-x" not in (folder / "list.yaml").read_text()
    assert to_contract["changed"] == ["openai/gpt-x"]


def test_accept_believes_one_and_to_and_from_date_say_where_and_when(cli, folder):
    arguments = ("--accept", "litellm", "--to", "mine.yaml", "--from-date", "2026-10-01")
    done = cli("prices", "update", "--from", "litellm.json", "--as-of", "2026-11-11", *arguments, "--format", "json")
    assert done.code == ExitCode.OK
    assert {"openai/gpt-x", "openai/gpt-y"} <= set(json.loads(done.stdout)["changed"])
    assert '- from: "2026-10-01"\n        source: "litellm"' in (folder / "mine.yaml").read_text()


def test_one_catalogue_alone_is_not_enough(cli, folder):
    done = cli("prices", "update", "--from", "litellm.json", "--as-of", "2026-11-11", "--to", "mine.yaml")
    assert done.code == ExitCode.OK
    assert "one catalogue cannot agree with another; --accept litellm takes its word" in done.stderr
    assert not (folder / "mine.yaml").exists()


@pytest.mark.slow
def test_an_address_is_fetched_and_kept(cli, folder):
    with serving({"/map.json": (200, {"ETag": '"1"'}, LITELLM_BYTES)}) as (base, server):
        for _ in range(2):
            done = cli("prices", "update", "--check", "--from", f"{base}/map.json", env={"XDG_CACHE_HOME": "cache"})
            assert done.code == ExitCode.OK
    assert [etag for _, etag in server.asked] == [None, '"1"']
    assert len(list(folder.glob("cache/llmcost/prices/*.body"))) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--from", "none.json"), 2, "--from none.json: no such file"),
        (("--from", "litelm"), 2, "did you mean 'litellm'?"),
        (("--from", "ours.yaml"), 3, "ours.yaml: not the data of genai-prices"),
        (("--from", "genai.json", "--from", "genai.json"), 2, "genai-prices is given twice"),
        (("--from", "genai.json", "--accept", "litellm"), 2, "--accept cannot be 'litellm'"),
        (("--from", "https://prices.example/x", "--offline"), 2, "an address cannot be read with --offline"),
        (("--from", "http://prices.example/x"), 2, "only https addresses are fetched"),
        (("--from", "genai.json", "--format", "csv"), 2, "--format cannot be 'csv'"),
        (("--from", "genai.json", "--from-date", "soon"), 2, "cannot read 'soon' as a time"),
    ],
)
def test_a_mistake_is_named_with_a_way_out(cli, folder, arguments, code, message):
    done = cli("prices", "update", *arguments)
    assert (done.code, done.stdout) == (code, "")
    assert message in done.stderr
    assert "hint:" in done.stderr or "cannot" in done.stderr or "given twice" in done.stderr


def test_a_package_that_is_not_there_is_named(cli, folder):
    done = cli("prices", "update", "--offline", "--from", "genai-prices")
    assert done.code == ExitCode.USAGE
    assert "the package genai_prices is not installed" in done.stderr
