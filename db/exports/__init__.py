"""Exports: entries of a project on their way to its contract, what was asked for and what became of it."""
