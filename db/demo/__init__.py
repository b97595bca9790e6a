"""Two organisations to look at: one with projects in every state of health, and a small one beside it."""
