"""How many examples a property is tried on by default, where it is tried on all of hypothesis's hundred among the slow tests."""

from hypothesis import HealthCheck, settings

FEWER = settings(max_examples=25)
FEWEST = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
"""For examples that are logs or price lists of their own: each takes as long as a small test."""
