"""What can be read and how rows hang together: entities with their facts, relations, filters and orders."""
