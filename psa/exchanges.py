"""One HTTP exchange with aiohttp: sent once, answered within bounds, or an error of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from .errors import PsaUnavailable, PsaUnreachable
from .guard import guarded_sockets
from .wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reach import Clock, Reach
    from .wire import Request

ANSWER_LIMIT = 5 * 1024 * 1024
HEADERS_LIMIT = 128
# Common servers drop an idle connection after 5 s; a write on a dropped one would be a needless doubt.
KEEP_IDLE = 4

_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Exchanges:
    """A session with one base URL. No redirect is followed, no cookie kept, no proxy of the environment used."""

    def __init__(self, base_url: str, headers: Mapping[str, str], reach: Reach, clock: Clock) -> None:
        """Take the headers of every call; they hold the key, so they live in the session and nowhere else."""
        self._base_url = base_url.rstrip("/")
        self._reach = reach
        self._clock = clock
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=2 * reach.places,
                keepalive_timeout=KEEP_IDLE,
                socket_factory=guarded_sockets(allow_private=reach.allow_private, ports=reach.ports),
            ),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_sent_once,),
            max_headers=HEADERS_LIMIT,
            trust_env=False,
        )

    async def exchange(self, request: Request, seconds: float) -> Reply:
        """Send and read within so many seconds. Raises PsaUnreachable if surely not sent, else PsaUnavailable.

        No error keeps its cause: the library's exceptions print the request, and with it the key.
        """
        try:
            async with self._session.request(
                request.method,
                self._base_url + request.path,
                params=request.query,
                headers=request.headers,
                json=request.body,
                timeout=self._timeout(seconds),
                allow_redirects=False,
            ) as answer:
                headers = {name.lower(): text for name, text in reversed(list(answer.headers.items()))}
                return Reply(answer.status, headers, await _capped(answer), self._clock.now())
        except _NOT_SENT as error:
            raise PsaUnreachable(_why_not_sent(error)) from None
        except TimeoutError:
            raise PsaUnavailable("The PSA did not answer in time.") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise PsaUnavailable("The PSA's answer broke off or cannot be read.") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        # The library takes 0 for "for ever".
        return aiohttp.ClientTimeout(
            total=max(seconds, 0.001),
            connect=self._reach.connect_seconds,
            sock_connect=self._reach.connect_seconds,
            sock_read=self._reach.silence_seconds,
        )


async def _sent_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep the library from resending a GET or DELETE on a broken connection: an error of ours leaves its loop."""
    try:
        return await send(request)
    except _NOT_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise PsaUnavailable("The connection to the PSA broke before it answered.") from None


async def _capped(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(64 * 1024):
        body += part
        if len(body) > ANSWER_LIMIT:
            answer.close()
            raise PsaUnavailable("The PSA's answer is larger than any answer should be.", status=answer.status)
    return bytes(body)


def _why_not_sent(error: Exception) -> str:
    if isinstance(getattr(error, "os_error", None), PermissionError):
        return "The PSA's address is not one this server may call."
    return "No connection to the PSA came about."
