"""`llmcost ingest --from`, and gateways in llmcost.yaml, as a user meets them."""

import json

import pytest
from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import KEY, serving, status
from tests.ingesting import chat, write

ENV = {"LITELLM_API_KEY": KEY, "LLMCOST_NOW": "2026-11-02T00:00:00Z"}


def test_a_bare_ingest_reads_the_paths_and_the_gateways_of_the_configuration(cli, tmp_path):
    write(tmp_path / "logs/a.jsonl", [chat("one"), chat("two")])
    with serving(Proxy([spend_log(n) for n in range(3)])) as api:
        (tmp_path / "llmcost.yaml").write_text(f"ingest: [logs/, {{from: litellm, url: '{api.url}'}}]\n")
        done = cli("ingest", "--format", "json", env=ENV)

        assert done.code == 0
        found = json.loads(done.stdout)
        assert [(file["path"], file["status"], file["new"]) for file in found["files"]][1:] == [
            (f"litellm {api.url}", "read", 3)
        ]
        assert (found["totals"]["lines"], found["totals"]["new"]) == (5, 5)
        assert "a first pull, from 2026-10-03; --since names another start" in done.stderr
        info = json.loads(cli("db", "info", "--format", "json", env=ENV).stdout)
        assert info["pulled"] == [
            {
                "gateway": "litellm",
                "url": api.url,
                "stream": "requests",
                "since": "2026-10-03T00:00:00Z",
                "until": "2026-11-01T23:00:00Z",
            }
        ]
        shown = cli("explain", "chatcmpl-00000001", env=ENV)
    assert f"pulled from litellm {api.url}" in shown.stdout


def test_a_gateway_named_without_an_address_is_looked_up_in_the_configuration(cli, tmp_path):
    with serving(Proxy([spend_log(0)])) as api:
        (tmp_path / "llmcost.yaml").write_text(f"ingest: [{{from: litellm, url: '{api.url}'}}]\n")
        done = cli("ingest", "--from", "litellm", "--quiet", env=ENV)

    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("1 gateway, 1 record: 1 new request, 0 known\n")


@pytest.mark.slow
def test_all_gateways_of_a_name_are_read_or_the_one_at_an_address(cli, tmp_path):
    with serving(Proxy([spend_log(0)])) as one, serving(Proxy([spend_log(1), spend_log(2)])) as other:
        entries = ", ".join(f"{{from: litellm, url: '{api.url}'}}" for api in (one, other))
        (tmp_path / "llmcost.yaml").write_text(f"ingest: [{entries}]\n")
        second = cli("ingest", "--from", "litellm", "--url", other.url, "--db", "second", "--quiet", env=ENV)
        both = cli("ingest", "--from", "litellm", "--db", "both", "--quiet", env=ENV)

    assert second.stdout.startswith("1 gateway, 2 records: 2 new requests, 0 known\n")
    assert both.stdout.startswith("2 gateways, 3 records: 3 new requests, 0 known\n")


def test_a_gateway_that_fails_is_exit_code_4_and_says_nothing_of_the_key(cli, tmp_path):
    with serving(Proxy([spend_log(0)])) as api:
        api.faults = [None, status(418)]
        done = cli("ingest", "--from", "litellm", "--url", api.url, "--format", "json", env=ENV)

    assert done.code == 4
    assert json.loads(done.stdout)["files"][0]["status"] == "partial"
    assert "/spend/logs/v2: the server answered 418" in done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "litelm"), "did you mean 'litellm'?"),
        (("--from", "litellm"), "where is litellm?"),
        (("--from", "litellm", "--url", "http://127.0.0.1:1"), "LITELLM_API_KEY or LITELLM_MASTER_KEY is not set"),
        (("--from", "litellm", "a.jsonl"), "--from and paths were given"),
        (("--from", "litellm", "--at", "2026-11-01"), "--at is for files"),
        (("--url", "https://example.com", "."), "--url without --from"),
        (("--since", "2026-11-01", "."), "--since is for gateways"),
        (("--follow", "--until", "2026-11-01", "--from", "litellm"), "--follow has no end"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(cli, arguments, said):
    done = cli("ingest", *arguments)

    assert done.code == 2
    assert said in done.stderr


def test_the_list_of_sources_names_the_gateways(cli):
    listed = json.loads(cli("sources", "list", "--format", "json").stdout)["gateways"]
    (litellm,) = [one for one in listed if one["id"] == "litellm"]
    assert litellm["sources"] == ["litellm-spend-logs"]
    assert "key in LITELLM_API_KEY" in cli("sources", "show", "litellm").stdout
    assert "pulled with --from litellm" in cli("sources", "show", "litellm-spend-logs").stdout
