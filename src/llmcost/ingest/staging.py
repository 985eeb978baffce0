"""A batch of files into the staging tables: mapped, keyed, and with everything unreadable accounted for.

The bulk goes through DuckDB in one pass. Records it could not parse, that no source claimed, or that must be taken apart
go through the strict reader and the same mapping again. What is left after that is a reject.
"""

from llmcost.ingest.bulk import read_bulk
from llmcost.ingest.sampling import is_sequence
from llmcost.ingest.stage import Stage
from llmcost.ingest.strict import StrictPass


def fill(stage: Stage) -> None:
    """Stage one row per call, and fill the stage's `outcomes`."""
    strict = StrictPass(stage)
    bulk = [
        number
        for number, file in enumerate(stage.files)
        if file.format == "lines" and not file.damaged and not is_sequence(file, stage.settings.sources, stage.claimed)
    ]
    if bulk:
        for number, ordinals in read_bulk(stage, bulk):
            if ordinals is None:
                strict.file(number)
            else:
                strict.lines(number, ordinals)
    for number in range(len(stage.files)):
        if number not in bulk:
            strict.file(number)
    stage.show()
