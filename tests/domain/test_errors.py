"""Errors and the exit code each one means."""

import pytest

from llmcost.domain.errors import ConfigError, DataError, LlmcostError, UpstreamError, UsageError


@pytest.mark.parametrize(
    ("kind", "code"), [(LlmcostError, 2), (UsageError, 2), (ConfigError, 2), (DataError, 3), (UpstreamError, 4)]
)
def test_an_error_knows_its_exit_code(kind, code):
    error = kind("what is wrong", hint="what to do")

    assert (error.exit_code, str(error), error.hint) == (code, "what is wrong", "what to do")
