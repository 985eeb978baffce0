"""A realistic gateway log to try the tool on, together with the truth about what it contains."""

from llmcost.demo.facts import DemoFacts
from llmcost.demo.generator import generate

__all__ = ["DemoFacts", "generate"]
