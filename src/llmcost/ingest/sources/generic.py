"""Any CSV, TSV, JSON lines or Parquet file, read with a mapping file of your own (`llmcost ingest --map`).

It is never recognised by itself: without a mapping nobody can know whether a column called `input` includes cached
tokens. `llmcost ingest --suggest-map FILE` prints a first draft from the columns it sees.
"""

from llmcost.ingest.source import Source

source = Source(title="Any file with a mapping", revision=3, issuer="'generic'", claims="false", fields={})
