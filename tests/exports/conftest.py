"""One ledger of rated calls for all tests of exports; nobody changes it."""

import pytest
from tests.exporting import calls_ledger


@pytest.fixture(scope="session")
def calls(tmp_path_factory):
    """Path of the ledger."""
    return calls_ledger(tmp_path_factory.mktemp("calls"))
