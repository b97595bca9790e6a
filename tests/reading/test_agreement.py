"""Random documents and all of a list of plain ones, through both finishers and the naive reference, byte for byte.

`SEED=7 DOCUMENTS=100000 make test ARGS="tests/reading"` runs another, larger lot.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, example, given, seed, settings
from hypothesis import strategies as st

from schema.roots import build
from tests.reading.contest import Contest, callers
from tests.reading.documents import Document, Writer
from tests.reading.known import known_values
from tests.reading.population import NORTH
from tests.reading.reference import Reference, View, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.session import Database

SEED = int(os.environ.get("SEED", "20260302"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", "300"))
RUN = settings(
    max_examples=DOCUMENTS, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip


@pytest.fixture(scope="module")
async def contest(database: Database) -> Contest:
    """Let all answer over the module's database."""
    return Contest(database, Reference(await World.load(database, NORTH)))
