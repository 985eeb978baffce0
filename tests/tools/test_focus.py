"""The check of a FOCUS file sees what the Foundation's validator does not."""

from tools.focus import wrong_products

_HEADER = "ListUnitPrice,ContractedUnitPrice,PricingQuantity,ListCost,ContractedCost\n"


def test_a_cost_that_is_not_price_times_quantity_is_found(tmp_path):
    (tmp_path / "a.csv").write_text(f"{_HEADER}0.0000025,0.000002,1000.00,0.0025,0.002\n0.5,0.5,3.00,1.50,1.4999\n")

    assert wrong_products(tmp_path / "a.csv") == ["line 3: ContractedCost is 1.4999, price times quantity 1.500"]
