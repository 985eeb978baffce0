"""Business events counted by day: revenue, engagements, conversions, active users, or a metric of your own.

One row per day, dimensions and metric, as CSV, JSON lines or Parquet:

    date,customer_id,feature,metric,value
    2026-11-01,acme,search,engagements,120
    2026-11-01,acme,,revenue,49.50

`date` is a day, `value` a number; every other column (or key inside `dimensions` or `tags`) is a dimension. Columns that
attribution knows under another name, such as `customer`, get the name of the dimension. The values of a metric add up, so
each event belongs in one row only. An empty cell is unattributed; a column that is not there means that nothing is known by
it. Revenue is in the currency of the price list, and other names of metrics are kept as well.

It is never recognised by itself: `llmcost ingest --source outcomes FILE` says that a file is one. The same content is read
once. A later value for the same day, dimensions and metric replaces the one before and is counted as corrected; a row that
is taken out of a file stays in the ledger until it is given the value 0.
"""

from llmcost.ingest.source import Source

source = Source(title="Business events by day", issuer="'outcomes'", claims="false", fields={})
