"""The ledger of what leaves for the PSA: what is to be sent, who sends it now, what became of it."""
