"""Prompts that differ only in wording. They are recognised by sketches of the text, which a ledger without text does not keep."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding
from llmcost.outliers.traffic import Traffic


def _find(traffic: Traffic) -> Iterator[Finding]:
    raise NotEvaluable("requests carry no sketch of their prompt; exact repeats are duplicate-requests'")


detector = Detector(title="prompts differ only in wording", find=_find, overlap="duplicate")
