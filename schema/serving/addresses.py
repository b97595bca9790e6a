"""Where a server listens, as a socket and as people write it."""

import os
import socket
import sys


def listening(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens there (on any free port, for 0) and its URL; or exit with the reason."""
    try:
        at = socket.create_server((host, port))
    except OSError as reason:
        sys.exit(f"Cannot listen on {host}:{port} ({os.strerror(reason.errno or 0)}): choose another port with PORT=")
    return at, f"http://{host}:{at.getsockname()[1]}"
