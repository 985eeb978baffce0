"""What Prometheus scrapes: read back by its own parser."""

import pytest
from tests import hostile
from tests.exporting import question

from llmcost.domain.errors import UsageError
from llmcost.ledger.database import reading
from llmcost.render.openmetrics import METRICS, openmetrics
from llmcost.render.visible import label
from llmcost.reports.cost_by import cost_by

parser = pytest.importorskip("prometheus_client.openmetrics.parser")


def _families(text):
    return {family.name: family for family in parser.text_string_to_metric_families(text)}


def _text(ledger, *by, **parts):
    return openmetrics(cost_by(ledger, question(by=by, metrics=("cost", "requests", *METRICS), **parts)))


def _by(family, *names):
    return {tuple(sample.labels[name] for name in names): sample.value for sample in family.samples}


@pytest.fixture
def filled(ledger):
    hostile.fill(ledger)
    return ledger


def test_every_metric_has_its_type_and_unit(calls):
    with reading(calls) as ledger:
        families = _families(_text(ledger, "provider", "model"))

    assert {name: (family.type, family.unit) for name, family in families.items()} == {
        "llmcost_cost_usd": ("counter", "usd"),
        "llmcost_requests": ("counter", ""),
        "llmcost_failed_requests": ("counter", ""),
        "llmcost_unpriced_requests": ("counter", ""),
        "llmcost_tokens": ("counter", ""),
        "llmcost_rejected_lines": ("gauge", ""),
        "llmcost_last_request_timestamp_seconds": ("gauge", "seconds"),
    }


def test_samples_add_up_to_the_ledger(calls):
    with reading(calls) as ledger:
        families = _families(_text(ledger, "model", "customer_id"))
        cost, requests, tokens = ledger.execute(
            "select sum(cost), sum(requests), sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) from requests_v1"
        ).fetchone()

    assert sum(sample.value for sample in families["llmcost_cost_usd"].samples) == pytest.approx(float(cost), abs=1e-9)
    assert sum(sample.value for sample in families["llmcost_requests"].samples) == requests
    assert sum(sample.value for sample in families["llmcost_tokens"].samples) == tokens


def test_classes_of_tokens_are_disjoint(calls):
    with reading(calls) as ledger:
        families = _families(_text(ledger, "inference_region", where=("inference_region=us",)))

    assert _by(families["llmcost_tokens"], "direction", "token_class") == {
        ("input", "uncached"): 3 * 660,
        ("input", "cache_read"): 3 * 300,
        ("input", "cache_write"): 3 * 16,
        ("input", "audio"): 3 * 11,
        ("input", "image"): 3 * 13,
        ("output", "reasoning"): 3 * 30,
        ("output", "audio"): 3 * 40,
        ("output", "image"): 3 * 50,
        ("output", "text"): 3 * 280,
    }


def test_the_largest_are_told_apart_and_the_others_are_one(calls):
    with reading(calls) as ledger:
        families = _families(_text(ledger, "model", top=2))

    assert len(families["llmcost_requests"].samples) == 3
    assert ("(other)",) in _by(families["llmcost_requests"], "model")


def test_no_value_is_a_value_of_its_own(calls):
    with reading(calls) as ledger:
        families = _families(_text(ledger, "customer_id"))

    assert set(_by(families["llmcost_requests"], "customer_id")) == {("acme",), ("globex",), ("(unattributed)",)}


def test_every_name_is_one_series_and_none_commands_anything(filled):
    text = _text(filled, *hostile.DIMENSIONS, "tags.label")

    assert not hostile.COMMANDS.search(text)
    samples = _families(text)["llmcost_cost_usd"].samples
    assert [sample.value for sample in samples] == [1] * len(hostile.NAMES)
    shown = {label(name) for name in hostile.NAMES.values()}
    for name in (*hostile.DIMENSIONS, "tag_label"):
        values = {sample.labels[name] for sample in samples}
        assert {value for value in values if len(value) <= 200} == {value for value in shown if len(value) <= 200}
        assert {value[:200] for value in values} == {value[:200] for value in shown}


def test_names_that_look_alike_are_added_up(ledger):
    hostile.fill(ledger)
    ledger.execute("update request set team = case when customer_id < 'a' then 'a' || chr(10) else 'a\\n' end")
    families = _families(_text(ledger, "team"))

    assert _by(families["llmcost_requests"], "team") == {("a\\n",): len(hostile.NAMES)}


@pytest.mark.parametrize("by", [("team", "tags.a-b", "tags.a.b"), ("tags.label", "tag_label")])
def test_two_keys_that_would_be_one_label_are_refused(ledger, by):
    hostile.fill(ledger)
    ledger.execute("""update request set tags = '{"label": "x", "a-b": "1", "a.b": "2", "tag_label": "3"}'""")

    with pytest.raises(UsageError, match="would be one label"):
        _text(ledger, *by)


def test_the_command_writes_them(cli, calls, tmp_path):
    run = cli("export", "openmetrics", "--db", calls, "--by", "model", "--top", "1", "--output", "llmcost.prom")

    assert (run.code, run.stdout) == (0, "")
    assert (
        run.stderr
        == "note: groups beyond the 1 of most cost are one, called (other); --top sets how many are told apart\n"
    )
    assert _families((tmp_path / "llmcost.prom").read_text("utf-8"))


def test_time_is_no_label(cli, calls):
    run = cli("export", "openmetrics", "--db", calls, "--by", "day")

    assert run.code == 2
    assert "'day' is a span of time" in run.stderr
