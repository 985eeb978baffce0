"""Files to ledger: find, read, recognise, map, reject, rate, commit."""
