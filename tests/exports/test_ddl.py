"""Tables of warehouses, the dashboard and the collectors' configs fit what is exported."""

import json
import re
from pathlib import Path

import pytest
import yaml
from tests.exporting import question

from llmcost.exports.ddl import DIALECTS, ddl
from llmcost.ledger.database import reading
from llmcost.ledger.requests_view import COLUMNS
from llmcost.render.openmetrics import METRICS, openmetrics
from llmcost.reports.cost_by import cost_by

ROOT = Path(__file__).parents[2]
MONEY = {"snowflake": "decimal(18, 12)", "redshift": "decimal(18, 12)", "bigquery": "bignumeric(18, 12)"}
TIME = {"snowflake": "timestamp_ntz", "redshift": "timestamp", "bigquery": "datetime"}


def _columns(script):
    table = script.split("create table", 1)[1].split("\n)", 1)[0]
    return dict(re.findall(r"^ {4}(\w+) +([\w ]+?(?:\([\d, ]+\))?)(?= comment| options|,$|$)", table, re.MULTILINE))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_has_the_columns_of_the_view_in_their_order(dialect):
    columns = _columns(ddl(dialect))

    assert list(columns) == [column.name for column in COLUMNS]
    assert {columns[column.name] for column in COLUMNS if column.type == "decimal(18,12)"} == {MONEY[dialect]}
    assert {columns[column.name] for column in COLUMNS if column.type == "timestamp"} == {TIME[dialect]}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_column_is_described(dialect):
    script = ddl(dialect)

    for column in COLUMNS:
        assert column.meaning.replace("'", "''" if dialect != "bigquery" else "'") in script


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_examples_are_what_the_command_writes(dialect):
    assert (ROOT / "examples" / "warehouse" / f"{dialect}.sql").read_text("utf-8") == ddl(dialect)


def test_a_table_may_have_another_name_but_not_any(cli):
    named = cli("export", "ddl", "--dialect", "redshift", "--table", "analytics.llm")
    refused = cli("export", "ddl", "--dialect", "redshift", "--table", "t; drop table x")

    assert "create table if not exists analytics.llm (" in named.stdout
    assert "copy analytics.llm\n" in named.stdout
    assert refused.code == 2


def test_the_dashboard_asks_only_for_metrics_and_labels_there_are(calls):
    with reading(calls) as ledger:
        text = openmetrics(
            cost_by(ledger, question(by=("provider", "model", "team"), metrics=("cost", "requests", *METRICS)))
        )
    known = set(re.findall(r"^(llmcost_\w+)[ {]", text, re.MULTILINE)) | {"llmcost_latency_seconds"}
    labels = set(re.findall(r'[{,](\w+)="', text)) | {"percentile"}

    dashboard = json.loads((ROOT / "examples" / "grafana" / "llmcost.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) == len(dashboard["panels"])
    for expression in asked:
        assert set(re.findall(r"llmcost_\w+", expression)) <= known
        assert set(re.findall(r'(\w+)=~?"', expression)) <= labels
        for group in re.findall(r"by \(([^)]+)\)", expression):
            assert {name.strip() for name in group.split(",")} <= labels
        assert expression.count("(") == expression.count(")")
    places = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) == 23


@pytest.mark.parametrize("name", ["cloudwatch", "datadog", "new-relic"])
def test_the_collectors_configs_hold_together(name):
    page = (ROOT / "docs" / "how-to" / f"export-to-{name}.md").read_text("utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    config = yaml.safe_load(block)

    pipeline = config["service"]["pipelines"]["metrics"]
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == set(config[part])
    assert config["receivers"]["otlp"]["protocols"]["http"]["endpoint"] == "localhost:4318"
    assert "--endpoint http://localhost:4318" in page
    assert not re.search(r"key: (?!\$\{env:)", block)
