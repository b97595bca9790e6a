"""Both systems' books of a project's exports beside each other: what differs, and which step repairs it."""
