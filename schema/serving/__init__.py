"""GraphQL over HTTP and WebSocket, and the pages beside it: the wire and its refusals."""
