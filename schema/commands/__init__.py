"""What can be done: inputs, payloads, and the word mutations are written in."""
