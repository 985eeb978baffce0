"""llmcost.yaml: found, read, and refused with a place."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from llmcost.config.gate import Gate
from llmcost.config.settings import Pull, Settings, find, load_settings, read_settings
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import ConfigError

COMPLETE = """\
db: ./ledger/llmcost.duckdb
tz: Europe/Berlin
currency: EUR
pricing: [contracts.yaml]
ingest: [logs/, {from: litellm, url: "https://gateway.example"}]
attribution: {customer_id: [tags.account, end_user], team: tags.squad}
production: [production]
customers: customers.csv
budgets: [{name: acme, where: ["customer_id=acme"], period: month, amount: "500", unit: usd, warn_at: [80]}]
alerts: [{rule: daily-spend, above: "500"}]
gate: {unpriced: 1%, unattributed: 20%, rejected: 0.1%, stale: 48h}
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "llmcost.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_file_everything_has_a_default(tmp_path):
    settings = load_settings(start=tmp_path, environ={})

    assert settings == Settings()
    assert (settings.tz, settings.currency, settings.db) == ("UTC", "USD", None)
    assert settings.production == ("production", "prod", "live")
    assert settings.attribution == DEFAULT_ATTRIBUTION
    assert settings.gate == Gate()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "db:\ntz: ~\nbudgets:\nattribution:\ngate:\n"])
def test_a_file_that_says_nothing_changes_nothing(write, text):
    settings = read_settings(write(text))

    assert (settings.db, settings.tz, settings.budgets) == (None, "UTC", ())
    assert settings.attribution == DEFAULT_ATTRIBUTION
    assert settings.production == ("production", "prod", "live")


def test_every_setting_is_read_and_paths_are_relative_to_the_file(write, tmp_path):
    settings = read_settings(write(COMPLETE))

    assert settings.db == tmp_path / "ledger/llmcost.duckdb"
    assert (settings.tz, settings.currency) == ("Europe/Berlin", "EUR")
    assert settings.pricing == (tmp_path / "contracts.yaml",)
    assert settings.ingest == (tmp_path / "logs", Pull(gateway="litellm", url="https://gateway.example"))
    assert settings.production == ("production",)
    assert settings.customers == tmp_path / "customers.csv"
    assert settings.budgets[0]["amount"] == "500"
    assert settings.alerts[0]["rule"] == "daily-spend"
    assert settings.gate == Gate(
        unpriced=Decimal("0.01"),
        unattributed={"": Decimal("0.2")},
        rejected=Decimal("0.001"),
        stale=timedelta(hours=48),
    )


def test_attribution_replaces_the_columns_it_names_and_keeps_the_others(write):
    attribution = read_settings(write(COMPLETE)).attribution

    assert attribution["customer_id"] == ("account", "end_user")
    assert attribution["team"] == ("squad",)
    assert attribution["feature"] == ("feature", "feature_name", "app")


def test_an_absolute_path_stays(write):
    assert read_settings(write("db: /var/lib/llmcost.duckdb")).db == Path("/var/lib/llmcost.duckdb")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("db: x\ncurency: EUR\n", "2:1: unknown key 'curency'; did you mean 'currency'?"),
        ("gate:\n  unprized: 1%\n", "2:3: unknown key 'unprized'; did you mean 'unpriced'?"),
        ("gate: {unpriced: 1}", "1:8: expected a percentage"),
        ("gate: {unpriced: 101%}", "1:8: expected a percentage"),
        ("gate: {stale: 48}", "1:8: expected a length of time"),
        ("gate: {stale: 0h}", "1:8: expected a length of time above 0"),
        ("attribution: {custmer_id: [a]}", "1:15: unknown key 'custmer_id'; did you mean 'customer_id'?"),
        ("attribution: {team: [[a]]}", "1:22: expected text"),
        ("attribution: [team]", "1:1: expected a mapping"),
        ("budgets: [{name: a, amout: 5}]", "1:21: unknown key 'amout'; did you mean 'amount'?"),
        ("budgets: {name: a}", "1:1: expected a list"),
        ("alerts: [{rul: daily-spend}]", "1:11: unknown key 'rul'; did you mean 'rule'?"),
        ("alerts: [daily-spend]", "1:10: expected a mapping"),
        ("ingest: [{from: litellm, ulr: x}]", "1:26: unknown key 'ulr'; did you mean 'url'?"),
        ("ingest: [{url: x}]", "1:10: no gateway"),
        ("ingest: [5]", "1:10: expected text"),
        ("pricing: 5", "1:1: expected a list"),
        ("db: 5", "1:1: expected text"),
        ("db: ''", "1:1: expected text"),
        ("tz: Europe/Berln", "1:1: unknown time zone 'Europe/Berln'"),
        ("currency: euro", "1:1: 'euro' is not a currency code"),
        ("- a\n- b\n", "1:1: expected a mapping"),
    ],
)
def test_a_mistake_is_refused_with_its_place(write, text, complaint):
    path = write(text)

    with pytest.raises(ConfigError) as caught:
        read_settings(path)

    assert caught.value.message == f"{path}:{complaint}"


def test_the_nearest_file_up_to_the_repository_root_is_found(tmp_path):
    (tmp_path / "llmcost.yaml").touch()
    root = tmp_path / "repository"
    deep = root / "team" / "service"
    deep.mkdir(parents=True)
    (root / ".git").mkdir()

    assert find(deep) is None
    (root / "llmcost.yaml").touch()
    assert find(deep) == root / "llmcost.yaml"
    (root / "team" / "llmcost.yaml").touch()
    assert find(deep) == root / "team" / "llmcost.yaml"


def test_outside_a_repository_a_file_in_a_parent_folder_is_not_ours(tmp_path):
    (tmp_path / "llmcost.yaml").touch()
    (tmp_path / "sub").mkdir()

    assert find(tmp_path / "sub") is None
    assert find(tmp_path) == tmp_path / "llmcost.yaml"


def test_the_option_beats_the_environment_which_beats_the_nearest_file(tmp_path):
    for name in ("option", "environment", "nearest"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "llmcost.yaml").write_text(f"db: {name}.duckdb")
    environ = {"LLMCOST_CONFIG": str(tmp_path / "environment" / "llmcost.yaml")}
    start = tmp_path / "nearest"

    def db(config, environ):
        return load_settings(config, start=start, environ=environ).db.name

    assert db(tmp_path / "option" / "llmcost.yaml", environ) == "option.duckdb"
    assert db(None, environ) == "environment.duckdb"
    assert db(None, {"LLMCOST_CONFIG": ""}) == "nearest.duckdb"


def test_a_file_named_and_missing_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_settings(tmp_path / "none.yaml", environ={})


def test_the_ledger_is_the_options_then_the_environments_then_the_files_then_the_default(tmp_path):
    settings = Settings(db=tmp_path / "file.duckdb")
    environ = {"LLMCOST_DB": "environment.duckdb"}

    assert settings.ledger_path(Path("option.duckdb"), environ=environ) == Path("option.duckdb")
    assert settings.ledger_path(environ=environ) == Path("environment.duckdb")
    assert settings.ledger_path(environ={"LLMCOST_DB": ""}) == tmp_path / "file.duckdb"
    assert Settings().ledger_path(environ={}) == Path("llmcost.duckdb")


def test_reported_costs_that_are_bills_and_dated_rates(tmp_path):
    path = tmp_path / "llmcost.yaml"
    path.write_text('reported_cost: {litellm: bill, langfuse: claim}\nfx: {EUR: {2026-10: "0.92", 2026-11-03: 0.93}}\n')

    settings = read_settings(path)

    assert settings.bills == {"litellm"}
    assert settings.fx == {"EUR": ((date(2026, 10, 1), Decimal("0.92")), (date(2026, 11, 3), Decimal("0.93")))}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("reported_cost: {litellm: yes}", ":1:17: reported cost cannot be 'yes'"),
        ("reported_cost: [litellm]", ":1:1: expected a mapping"),
        ("fx: {euro: {2026-10: 1}}", ":1:6: 'euro' is not a currency code"),
        ("fx: {EUR: {2026-1: 1}}", ":1:12: '2026-1' is neither a month"),
        ('fx:\n  EUR:\n    2026-01-01: "0.9"\n    2026-13-01: "0.9"\n', ":4:5: there is no day 2026-13-01"),
        ('fx:\n  EUR:\n    2026-01: "0.9"\n    2026-02: "much"\n', ":4:5: the rate of 2026-02 is 'much'"),
        ("fx: {EUR: 0.92}", ":1:6: expected a mapping"),
    ],
)
def test_other_words_for_them_are_refused_with_their_place(tmp_path, text, complaint):
    (tmp_path / "llmcost.yaml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path / "llmcost.yaml")

    assert complaint in caught.value.message
