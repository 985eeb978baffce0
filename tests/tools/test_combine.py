"""How several catalogues become one long tail that only grows."""

from tests.pricing.update.catalogues import GENAI, LITELLM
from tools.catalogue import pack
from tools.combine import combine, grown

from llmcost.pricing.update.convert_genai import convert_genai
from llmcost.pricing.update.convert_litellm import convert_litellm

DAY = "2026-11-12"


def tail(reviewed=(), retired=None):
    return combine(
        convert_genai(GENAI).entries,
        convert_litellm(LITELLM).entries,
        retired or {},
        as_of=DAY,
        reviewed=lambda id_: id_ in reviewed,
    )


def test_agreeing_catalogues_make_one_entry_with_what_only_one_of_them_lists():
    old, new = tail().models["openai/gpt-x"]["prices"]
    assert (old["source"], new["source"]) == ("genai-prices", "agreed")
    assert [variant["when"] for variant in new["variants"]] == [{"processing": "batch"}, {"service_tier": "priority"}]
    assert new["multipliers"] == [{"when": {"inference_region": "eu"}, "factor": "1.1"}]


def test_where_they_differ_one_is_kept_and_the_source_says_so():
    found = tail()
    assert found.disputed["openai/gpt-y"] == "input 1 or 3"
    assert found.models["openai/gpt-y"]["prices"] == [{"source": "disputed", "rates": {"input": "1", "output": "2"}}]


def test_prices_by_the_clock_come_from_the_one_that_knows_weekdays():
    (price,) = tail().models["deepseek/deepseek-x"]["prices"]
    assert price["source"] == "disputed"
    assert price["variants"][1]["when"]["clock"] == {"days": ["sat", "sun"]}


def test_a_reviewed_model_is_not_in_the_tail():
    assert "openai/gpt-x" not in tail(reviewed={"openai/gpt-x"}).models


def test_a_model_that_only_an_old_catalogue_has_is_kept_as_retired():
    old = {"openai/gpt-1": {"prices": [{"source": "tokencost", "rates": {"input": "20"}}]}}
    found = tail(retired={**old, "openai/gpt-x": old["openai/gpt-1"]}).models
    assert found["openai/gpt-1"] == {**old["openai/gpt-1"], "retired_seen": DAY}
    assert "retired_seen" not in found["openai/gpt-x"]


def test_a_further_name_belongs_to_one_model():
    found = tail(
        retired={"openai/gpt-x-latest": {"prices": [{"source": "tokencost", "rates": {"input": "20"}}]}}
    ).models
    names = [name for id_, entry in found.items() for name in entry.get("match", {}).get("exact", ())]
    assert len(names) == len(set(names))


def test_the_tail_only_grows():
    def one(price, **more):
        return {"prices": [{"source": "litellm", "rates": {"input": price}, **more}]}

    before = {"a/gone": one("1"), "a/same": one("1"), "a/dearer": one("1")}
    now = {"a/same": one("1"), "a/dearer": one("2"), "a/new": one("5")}
    after = grown(before, now, as_of=DAY)
    assert after["a/gone"] == {**one("1"), "retired_seen": DAY}
    assert after["a/same"] == one("1")
    assert after["a/dearer"]["prices"] == [
        {"source": "litellm", "rates": {"input": "1"}},
        {"from": DAY, "source": "litellm", "rates": {"input": "2"}},
    ]
    assert after["a/new"] == one("5")
    assert grown(after, now, as_of="2026-12-01")["a/gone"]["retired_seen"] == DAY
    assert grown(after, now, as_of="2026-12-01")["a/dearer"] == after["a/dearer"]


def test_equal_content_is_equal_bytes():
    models = tail().models
    assert pack(models, as_of=DAY) == pack(dict(reversed(models.items())), as_of=DAY)
