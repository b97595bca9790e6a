"""Escalations: a task that hit a wall, on its way to becoming a ticket; the ledger says how far it got."""
