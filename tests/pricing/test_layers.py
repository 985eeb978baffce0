"""Which layer's price, name and alias counts, and what a ledger keeps of a list."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmcost.domain.errors import ConfigError
from llmcost.pricing import layers
from llmcost.pricing.matching import match_model
from llmcost.pricing.price_file import read_catalogue
from llmcost.pricing.price_list import load_price_list, models_kept, snapshot

HEAD = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\n"
TAIL = {
    "schema": "llmcost-catalogue/1",
    "currency": "USD",
    "as_of": "2026-11-20",
    "sources": {"page": {"url": "https://example.com", "checked": "2026-11-20"}},
    "models": {
        "openai/big": {
            "match": {"exact": ["Huge", "vast"], "dated": True},
            "prices": [
                {
                    "source": "page",
                    "rates": {"input": "1", "output": "4"},
                    "tiers": [{"above": "1000", "rates": {"input": "2", "output": "8"}}],
                    "variants": [{"when": {"processing": "batch"}, "rates": {"input": "0.5", "output": "2"}}],
                    "fees": {"web_search": "10"},
                }
            ],
        },
        "openai/tail-only": {"prices": [{"rates": {"input": "3"}}]},
        "openai/broken": {"prices": [{"rates": {"inputs": "3"}}]},
    },
    "aliases": [{"provider": "openai", "name": "newest", "to": "openai/big", "from": "2026-06-01"}],
}
BUILT_IN = """
models:
  - id: openai/big
    match: {exact: [vast]}
    prices: [{rates: {input: 7}}]
  - id: openai/other
    match: {exact: [tail-only]}
    prices: [{rates: {input: 9}}]
  - {id: azure/big, same_as: openai/big}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """A list whose packaged layers are TAIL and BUILT_IN, below the user's and the project's."""

    def loaded(*, user="", project=""):
        (tmp_path / "tail.json.gz").write_bytes(gzip.compress(json.dumps(TAIL).encode(), mtime=0))
        (tmp_path / "built-in.yaml").write_text(HEAD + BUILT_IN)
        monkeypatch.setattr(layers, "CATALOGUE", tmp_path / "tail.json.gz")
        monkeypatch.setattr(layers, "built_in", lambda: tmp_path / "built-in.yaml")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
        folder = tmp_path / "share" / "llmcost" / "prices"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mine.yaml").write_text(HEAD + user)
        (tmp_path / "project.yaml").write_text(HEAD + project)
        return load_price_list([tmp_path / "project.yaml"])

    return loaded


def base(model):
    return model.prices[0].tiers[0].rates


def test_a_packaged_tail_is_read_like_a_price_file(tmp_path):
    (tmp_path / "tail.json.gz").write_bytes(gzip.compress(json.dumps(TAIL).encode()))
    tail = read_catalogue(tmp_path / "tail.json.gz")
    model = tail.model("openai/big")
    assert (model.names, model.dated, model.layer) == (("big", "huge", "vast"), True, "catalogue")
    assert [tier.start for tier in model.prices[0].tiers] == [0, 1001]
    assert model.prices[0].tiers[1].rates == {"input": Decimal(2), "output": Decimal(8)}
    assert model.prices[0].fees == {"web_search": Decimal(10)}
    with pytest.raises(ConfigError, match=r"tail.json.gz openai/broken:1:1: unknown key 'inputs'"):
        tail.model("openai/broken")


def test_a_unit_that_a_variant_of_the_tail_leaves_open_is_an_estimate_at_its_standard_rate(load, rate, monkeypatch):
    open_ = {
        "rates": {"input": "2", "cache_read": "1", "output": "8"},
        "tiers": [{"above": "1000", "rates": {"input": "4", "cache_read": "3", "output": "16"}}],
        "variants": [
            {
                "when": {"processing": "batch"},
                "rates": {"input": "1", "output": "4"},
                "tiers": [{"above": "1000", "rates": {"input": "2", "output": "8"}}],
            }
        ],
    }
    monkeypatch.setitem(TAIL, "models", {**TAIL["models"], "openai/open": {"prices": [open_]}})
    prices = load()
    call = {"provider": "openai", "request_model": "open", "processing": "batch"}
    # 500 x 1 + 100 x 1
    short = rate(prices, **call, uncached_input_tokens=500, cache_read_tokens=100)
    assert (short["cost"], short["cost_status"], short["cost_reason"]) == (
        Decimal("0.0006"),
        "estimated",
        "no cache read price",
    )
    # 2000 x 2 + 100 x 3
    long = rate(prices, **call, uncached_input_tokens=2000, cache_read_tokens=100)
    assert (long["cost"], long["cost_status"]) == (Decimal("0.0043"), "estimated")
    used = rate(prices, **call, uncached_input_tokens=500, output_text_tokens=100)
    assert (used["cost"], used["cost_status"]) == (Decimal("0.0009"), "priced")


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"{", mtime=0), gzip.compress(b'{"schema": "other/1"}', mtime=0)]
)
def test_a_damaged_tail_is_named(tmp_path, content):
    (tmp_path / "tail.json.gz").write_bytes(content)
    with pytest.raises(ConfigError, match=r"tail\.json\.gz: (cannot be read|expected the schema)"):
        read_catalogue(tmp_path / "tail.json.gz")


def test_each_layer_replaces_whole_models_of_those_below(load):
    prices = load(
        user="models: [{id: openai/big, prices: [{rates: {input: 5}}]}]\n",
        project="models: [{id: mistral/own, prices: [{rates: {input: 6}}]}]\n",
    )
    assert {
        id_: (prices.models[id_].layer, base(prices.models[id_])) for id_ in prices.models if "broken" not in id_
    } == {
        "openai/big": ("user", {"input": Decimal(5)}),
        "openai/tail-only": ("catalogue", {"input": Decimal(3)}),
        "openai/other": ("built-in", {"input": Decimal(9)}),
        "azure/big": ("built-in", {"input": Decimal(7)}),
        "mistral/own": ("project", {"input": Decimal(6)}),
    }


def test_a_name_two_layers_claim_is_the_later_one_s(load):
    prices = load()
    assert match_model(prices, "openai", "tail-only").model.id == "openai/other"
    assert prices.models["openai/tail-only"].layer == "catalogue"
    # The reviewed entry does not list it any more.
    assert match_model(prices, "openai", "huge") is None


def test_a_user_s_price_alone_leaves_the_names_as_they_are(load):
    prices = load(user="models: [{id: openai/big, prices: [{rates: {input: 5}}]}]\n")
    assert base(match_model(prices, "openai", "vast").model) == {"input": Decimal(5)}
    # The packaged entry between them takes no dates any more, and neither does the user's.
    assert match_model(prices, "openai", "big-2026-01-01") is None

    over_tail = load(user="models: [{id: openai/tail-only, prices: [{rates: {input: 5}}]}]\n")
    assert over_tail.models["openai/tail-only"].names == ("tail-only",)

    renamed = load(
        user="models: [{id: openai/big, match: {exact: [grand], dated: true}, prices: [{rates: {input: 5}}]}]\n"
    )
    assert match_model(renamed, "openai", "vast") is None
    project = "models: [{id: openai/big, prices: [{rates: {input: 6}}]}]\n"
    user = "models: [{id: openai/big, match: {exact: [grand], dated: true}, prices: [{rates: {input: 5}}]}]\n"
    stacked = load(user=user, project=project)
    for name in ("grand", "big-2026-01-01"):
        assert base(match_model(stacked, "openai", name).model) == {"input": Decimal(6)}


def test_a_later_layer_s_alias_goes_before_a_name_while_it_holds(load):
    project = "aliases: [{provider: openai, name: vast, to: openai/other, from: 2026-01-01, until: 2026-02-01}]\n"
    prices = load(project=project)
    found = [match_model(prices, "openai", "vast", at=datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 2)]
    assert [(one.model.id, one.kind) for one in found] == [("openai/other", "alias"), ("openai/big", "exact")]


def test_an_alias_of_the_tail_leads_to_the_model_of_the_latest_layer(load):
    found = match_model(load(), "openai", "newest", at=datetime(2026, 7, 1, tzinfo=UTC))
    assert (found.model.layer, base(found.model)) == ("built-in", {"input": Decimal(7)})


def test_a_model_of_the_tail_gives_way_to_one_it_is_another_spelling_of(load, monkeypatch):
    spelled = {"prices": [{"rates": {"input": "3"}}]}
    names = ("other@default", "mine-2026-01-01", "models/lonely")
    monkeypatch.setitem(
        TAIL, "models", {**TAIL["models"], **{f"openai/{name}": spelled for name in names}, "openai/lonely": spelled}
    )
    prices = load(user="models: [{id: openai/mine, match: {dated: true}, prices: [{rates: {input: 5}}]}]\n")
    found = [match_model(prices, "openai", name) for name in names]
    assert [(one.model.id, one.kind) for one in found] == [
        ("openai/other", "resource"),
        ("openai/mine", "dated"),
        ("openai/models/lonely", "exact"),
    ]


def test_a_copy_is_of_its_own_layer_or_those_below(load):
    prices = load(project="models: [{id: vertex/own, same_as: openai/tail-only}, {id: aws/own, same_as: openai/big}]\n")
    assert base(prices.models["vertex/own"]) == {"input": Decimal(3)}
    assert base(prices.models["aws/own"]) == {"input": Decimal(7)}
    with pytest.raises(ConfigError, match=r"project.yaml:4:\d+: same_as leads back to 'aws/a'"):
        load(project="models: [{id: aws/a, same_as: aws/b}, {id: aws/b, same_as: aws/a}]\n")


def test_a_copy_in_a_user_s_file_has_no_names_but_its_own(load):
    project = "models: [{id: openai/mine, same_as: openai/big, fees: {request: 100}}]\n"
    prices = load(
        user="models: [{id: openai/big, match: {exact: [vast], dated: true}, prices: [{rates: {input: 5}}]}]\n",
        project=project,
    )
    assert prices.models["openai/mine"].names == ("mine",)
    for name in ("big", "vast", "big-2026-01-01"):
        assert match_model(prices, "openai", name).model.id == "openai/big"
    assert match_model(prices, "openai", "mine-2026-01-01") is None


def test_a_copy_in_a_user_s_file_leaves_the_names_of_its_id_as_they_are(load):
    prices = load(project="models: [{id: openai/big, same_as: openai/other}]\n")
    assert base(prices.models["openai/big"]) == {"input": Decimal(9)}
    assert prices.models["openai/big"].names == ("big", "vast")
    assert match_model(prices, "openai", "tail-only").model.id == "openai/other"


def test_models_are_built_when_they_are_asked_for(load):
    prices = load()
    assert "openai/broken" in prices.models
    assert len(prices.models) == 5
    assert prices.models.looked_up == frozenset()
    match_model(prices, "azure", "big")
    assert prices.models.looked_up == {"azure/big", "openai/big"}
    with pytest.raises(ConfigError, match="unknown key 'inputs'"):
        match_model(prices, "openai", "broken")


def test_the_version_covers_every_layer(load):
    version = load().version
    assert load().version == version
    assert load(user="models: [{id: openai/x, prices: [{rates: {input: 1}}]}]\n").version != version
    assert load(project="contracts: [{provider: openai, discount_pct: 5}]\n").version != version
    TAIL["models"]["openai/tail-only"]["prices"][0]["rates"]["input"] = "3.5"
    try:
        assert load().version != version
    finally:
        TAIL["models"]["openai/tail-only"]["prices"][0]["rates"]["input"] = "3"


def test_a_snapshot_holds_the_models_asked_for(load):
    content = snapshot(load(), ["azure/big"])
    assert models_kept(content) == {"azure/big"}
    assert json.loads(zlib.decompress(content))["models"]["azure/big"]["names"] == ["big", "vast"]


def test_the_packaged_layers_hold_no_mistake(built_in):
    assert all(model.prices for model in built_in.models.values())
