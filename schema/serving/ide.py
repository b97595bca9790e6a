"""The page a browser sees at /graphql: GraphiQL from this server, or a plain page where it was not fetched."""

import secrets
from pathlib import Path
from string import Template

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import schema.ide
from schema.ide.fetch import FOLDER, VERSION

from .answers import Answer

ASSETS = f"/ide/assets/{VERSION}"
A_YEAR = "public, max-age=31536000, immutable"  # the version is in the path, so a file never changes
PAGES = Path(str(schema.ide.__file__)).parent


class Ide:
    """The page, with a policy that lets nothing in from outside. It sends no credentials by itself."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Take the folder that `schema.ide.fetch` has filled, or has not."""
        self._static = folder / "static"
        page = "graphiql.html" if self._static.is_dir() else "plain.html"
        self._page = Template((PAGES / page).read_text("utf-8"))

    def page(self) -> Answer:
        """Return the page; only its own scripts run, by a nonce that is good for this answer."""
        nonce = secrets.token_urlsafe(16)
        body = self._page.substitute(nonce=nonce, assets=ASSETS)
        return Answer(200, body.encode(), "text/html", {
            "content-security-policy": _policy(nonce), "cache-control": "no-store", "referrer-policy": "no-referrer",
        })  # fmt: skip

    def routes(self) -> list[Mount]:
        """Return the page's files, where there are some."""
        return [Mount(ASSETS, _Files(directory=self._static))] if self._static.is_dir() else []


class _Files(StaticFiles):
    def file_response(self, full_path: str, stat_result: object, scope: Scope, status_code: int = 200) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        answer = super().file_response(full_path, stat_result, scope, status_code)  # pyright: ignore[reportArgumentType]
        answer.headers["cache-control"] = A_YEAR
        return answer


def _policy(nonce: str) -> str:
    return "; ".join((
        "default-src 'self'", f"script-src 'self' blob: 'nonce-{nonce}'", "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self' data:",
        "connect-src 'self' ws: wss:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
    ))  # fmt: skip
