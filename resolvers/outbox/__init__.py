"""How what stands in the ledger gets to the PSA: one turn for one op, taken by requests and the worker alike."""
