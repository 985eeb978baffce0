"""A limit that is nearly used up. Limits are replayed by `llmcost quota simulate`; the requests alone do not tell them."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding
from llmcost.outliers.traffic import Traffic


def _find(traffic: Traffic) -> Iterator[Finding]:
    raise NotEvaluable("limits are not in the ledger; `llmcost quota simulate` replays requests against them")


detector = Detector(title="a limit is nearly used up", find=_find)
