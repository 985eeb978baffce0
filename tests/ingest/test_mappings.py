"""What a mapping of the user's own reads."""

from decimal import Decimal

import pytest
from tests.ingesting import query, read

from llmcost.config.yaml import parse_document
from llmcost.ingest.generic import mapping_of


def _read(folder, mapping, *rows):
    """A table of these rows, read with a mapping of this text into `folder / "ledger"`."""
    (folder / "table.csv").write_text("".join(f"{row}\n" for row in rows))
    source = mapping_of(parse_document(mapping, "map.yaml"))
    return read(folder / "ledger", folder / "table.csv", mapping=source, mapping_text=mapping)


@pytest.mark.parametrize(
    ("unit", "stated", "dollars"),
    [
        ("nano_usd", "999999", "0.000999999"),
        ("nano_usd", "1500000", "0.0015"),
        ("nano_usd", "2500000000", "2.5"),
        ("nano_usd", "999999999999999", "999999.999999999"),
        ("nano_usd", "0.0015", "0.000000000002"),
        ("micro_usd", "1500000.5", "1.5000005"),
        ("micro_usd", "999999999999", "999999.999999"),
        ("cents", "99999999", "999999.99"),
        ("usd", "999999.999999999999", "999999.999999999999"),
        ("usd", "1.5e-7", "0.00000015"),
    ],
)
def test_an_amount_in_any_unit_is_read_up_to_what_the_ledger_holds(tmp_path, unit, stated, dollars):
    fields = f"timestamp: at, model: {{const: gpt-5.4}}, reported_cost: {{column: paid, unit: {unit}}}"
    _read(tmp_path, f"fields: {{{fields}}}", "at,paid", f"2026-11-10 08:00:00,{stated}")
    assert query(tmp_path / "ledger", "select reported_cost from request") == [(Decimal(dollars),)]
