"""Pages of other origins: none may read our answers unless an installation lists them."""

from collections.abc import Sequence
from typing import Any

from starlette.middleware.cors import CORSMiddleware

SENT = ("authorization", "content-type", "x-integration-key", "x-request-id")
SHOWN = ("retry-after", "x-request-id")


def for_origins(app: Any, origins: Sequence[str]) -> Any:
    """Return the application with CORS headers for exactly these origins; without any, as it is."""
    if not origins:
        return app
    return CORSMiddleware(app, origins, ("GET", "POST"), SENT, expose_headers=SHOWN)
