"""How many examples a property is tried on by default, where it is tried on all of hypothesis's hundred among the slow tests."""

from hypothesis import settings

FEWER = settings(max_examples=25)
