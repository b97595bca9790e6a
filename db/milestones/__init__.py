"""Milestones: what a project owes by when."""
