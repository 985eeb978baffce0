"""Why a bill may differ from the ledger, one file for each cause: the file's name, dashed, is the id users see."""
