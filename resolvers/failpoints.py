"""Places where a crash test may end or freeze this process: `FAILPOINTS=export.marked=kill@2`. Nothing unless set."""

from __future__ import annotations

import os
import signal
from collections import Counter

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}

_passed: Counter[str] = Counter()


def reached(place: str) -> None:
    """Pass a named place; the script names, comma-separated, `place=kill@n` or `place=stop@n`, the n-th time."""
    script = os.environ.get("FAILPOINTS")
    if not script:
        return
    _passed[place] += 1
    for line in script.split(","):
        where, _, what = line.partition("=")
        deed, _, time = what.partition("@")
        if where == place and int(time or 1) == _passed[place]:
            os.kill(os.getpid(), SIGNALS[deed])
