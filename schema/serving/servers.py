"""The server itself: it listens until it is told to stop, and then lets what is under way come to its end."""

import gc
import resource
from functools import partial
from socket import socket
from typing import Any

import uvicorn

from resolvers.drains import Drain

from .lanes import Lane, LaneProtocol
from .patience import PatientProtocol
from .silences import A_WHILE, Silences

LONGEST_MESSAGE = 64 * 1024  # bytes, of a WebSocket
OBJECTS = 20_000  # more than any answer is made of; a page of a thousand rows is gone before anybody looks for garbage
REQUESTS_END = 18  # seconds; what is left of the drain's is for turns in hand


class _Server(uvicorn.Server):
    drain: Drain
    silences: Silences

    async def on_tick(self, counter: int) -> bool:
        """Look for silent connections now and then; it ticks ten times a second."""
        if counter % (10 * A_WHILE) == 0:
            self.silences.look(self.server_state.connections)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.drain.begin()
        super().handle_exit(sig, frame)


def run(app: Any, lane: Lane, at: socket, drain: Drain) -> None:
    """Serve an application, and its lane, on a listening socket until SIGTERM or SIGINT."""
    http: Any = partial(LaneProtocol, lane)
    config = uvicorn.Config(
        app, http=http, ws=PatientProtocol, ws_max_size=LONGEST_MESSAGE, lifespan="on", log_config=None,
        access_log=False, server_header=False, proxy_headers=False, timeout_graceful_shutdown=REQUESTS_END,
    )  # fmt: skip
    _open_as_many_files_as_allowed()
    gc.freeze()  # what is there now stays: walking it again and again would hold requests up for nothing
    gc.set_threshold(OBJECTS)
    server = _Server(config)
    server.drain, server.silences = drain, Silences()
    server.run([at])


def _open_as_many_files_as_allowed() -> None:
    """Shells allow 1,024 at first, which a thousand WebSockets and a few databases' connections exceed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
