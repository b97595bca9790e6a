"""Where a server listens, as a socket and as people write it."""

import os
import socket
import sys

SLOWEST = 10_000  # milliseconds without a byte taken; reliability 7 gives a slow reader ten seconds


def listening(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens there (on any free port, for 0) and its URL; or exit with the reason."""
    try:
        at = socket.create_server((host, port))
    except OSError as reason:
        sys.exit(f"Cannot listen on {host}:{port} ({os.strerror(reason.errno or 0)}): choose another port with PORT=")
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what is accepted here inherits it
        # No server can end a connection whose reader has stopped reading: closing it waits for what is unsent.
        at.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SLOWEST)
    return at, f"http://{host}:{at.getsockname()[1]}"
