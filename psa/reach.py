"""How far and how long this server reaches out to other products, and by which clock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .guard import HTTPS_PORTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Reach:
    """Limits of one connection, times in seconds (libraries 4, reliability 3.8). `allow_private` also allows http.

    `places` counts calls at a time, once for people's reads and once more for writes and the exporter.
    """

    allow_private: bool = False
    ports: frozenset[int] = HTTPS_PORTS
    write_seconds: float = 15.0
    read_seconds: float = 4.0
    queue_seconds: float = 2.0
    connect_seconds: float = 2.0
    silence_seconds: float = 10.0
    places: int = 4


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the transport sees it: `monotonic` in seconds, `now` in epoch seconds."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
