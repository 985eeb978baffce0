"""Named reports over the ledger."""
