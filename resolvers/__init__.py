"""What happens: commands in their order, reads from a document to its answer, and one turn of the outbox."""
