"""Reconciliation in the contract: what clients see of a comparison of both systems."""
