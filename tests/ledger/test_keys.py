"""What a name asked for stands for."""

import pytest
from tests.inserting import insert

from llmcost.domain.errors import UsageError
from llmcost.ledger.keys import resolve


def test_a_tag_without_a_name_is_asked_for_by_what_all_tags_begin_with(ledger):
    with pytest.raises(UsageError, match=r"'tags\.'"):
        resolve(ledger, "tags.")
    insert(ledger, "usage_bucket", [_bucket('{"":"x"}')])

    key = resolve(ledger, "tags.")

    assert (key.known, key.title, key.pointer) == (True, "tags.", "/")


def test_a_ledger_without_such_a_tag_names_those_it_has(ledger):
    insert(ledger, "usage_bucket", [_bucket('{"env":"x"}')])

    with pytest.raises(UsageError) as error:
        resolve(ledger, "tags.")

    assert error.value.hint == "did you mean 'tags.env'?"


def _bucket(tags):
    day = {"bucket_start": "2026-11-01", "bucket_end": "2026-11-02"}
    return {**day, "source": "s", "ingest_id": 1, "cost_status": "unpriced", "tags": tags}
