"""What an export costs: so many statements a line, however many lines wait, and the network never idle."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text

from db.ledger.tables import OpState, OutboundOp
from resolvers.workers import Worker
from tests.kinds import NO_LOOKUP, only
from tests.outbox.checks import counted, flaws
from tests.outbox.stage import HASTY, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.session import Database
    from tests.outbox.stage import Stage

LEDGER = ("outbound_", "export_lines")
FINISH = 4  # the first claim, and the batch's last line
A_LINE = 6  # mark; attempt, settlement, the batch's last line?, the next claim, whose turn it was


async def test_a_line_costs_two_commits_and_six_statements(stage: Stage):
    await stage.export(await stage.entries(21))
    outbox = stage.outbox()
    await outbox.turn()  # the probe, and what is prepared once

    with counted() as spent:
        await outbox.turns(lambda: True)

    assert await stage.states() == ["CONFIRMED"] * 21
    of_ledger = [said for said, _ in spent["calls"] if any(table in said for table in LEDGER)]
    assert len(of_ledger) <= 20 * A_LINE + FINISH
    assert len(spent["commits"]) == 20 * 2 + 1  # the first claim has a unit of its own
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
async def test_of_what_waits_for_a_place_two_are_marked_and_marked_anew_when_it_was_long(stage: Stage):
    outbox = stage.outbox(replace(HASTY, lease=8.0, in_hand=2, fresh=0.1))
    await stage.export(await stage.entries(1))
    await outbox.turn()  # the probe
    for number in range(2, 7):
        await stage.export_under(number, lines=1)
    worker, place = Worker(outbox), outbox.place(stage.place.org)
    for _ in range(outbox.settings.places):
        await place.acquire()
    worker.start()

    async def two_are_marked() -> bool:
        return await stage.states() == ["CONFIRMED", *["SENT"] * 5] and sum(await _markers(stage)) == 1 + 2

    await until(two_are_marked)
    early = {op.last_sent_at for op in await stage.ops()}
    await asyncio.sleep(outbox.settings.fresh)
    for _ in range(outbox.settings.places):
        place.release()
    await stage.until_done()
    await worker.stop()

    assert await stage.states() == ["CONFIRMED"] * 6
    assert await _markers(stage) == [1] * 6  # one that was made anew is the same one, later
    assert len(early & {op.last_sent_at for op in await stage.ops()}) == 1  # the probe's
    assert await flaws(stage) == []


async def _markers(stage: Stage) -> list[int]:
    return [op.sends for op in await stage.ops()]


async def test_a_claim_reads_as_little_among_thousands_of_lines_as_among_a_few(stage: Stage):
    await stage.export(await stage.entries(2))
    with counted() as spent:
        await stage.outbox().turn()
    claim = next(call for call in spent["calls"] if "WITH RECURSIVE" in call[0])
    among_few = await _effort(stage.database, *claim)

    await _crowd(stage, waiting=4000, settled=8000)

    assert among_few < 2000
    assert await _effort(stage.database, *claim) < 3 * among_few


async def test_asking_for_a_line_reads_as_little_among_thousands_of_lines_as_among_a_few(stage: Stage):
    with counted() as spent:
        await stage.export(await stage.entries(2))
    asks = [call for call in spent["calls"] if "outbound_ops.subject_id IN" in call[0]]
    among_few = [await _effort(stage.database, *ask) for ask in asks]

    await _crowd(stage, waiting=4000, settled=8000)

    assert len(asks) == 2  # what is over is retired, and all there ever was is counted
    among_many = [await _effort(stage.database, *ask) for ask in asks]
    assert all(many < 3 * few + 20 for few, many in zip(among_few, among_many, strict=True)), (among_few, among_many)


async def _effort(database: Database, statement: str, said: Any) -> float:
    """Run a claim and undo it: the steps of SQLite's machine it took, or the rows that PostgreSQL met."""
    async with database.write(None) as session:
        connection = await session.connection()
        if database.is_sqlite:
            took = await _steps(connection, statement, said)
        else:
            rows = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", said)).all()
            told = rows[0][0]
            took = sum(_met((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))
        await session.rollback()
    return took


async def _steps(connection: Any, statement: str, said: Any) -> int:
    driver = (await connection.get_raw_connection()).driver_connection
    steps = itertools.count()
    await driver.set_progress_handler(lambda: next(steps) < 0, 1)
    await connection.exec_driver_sql(statement, said)
    await driver.set_progress_handler(None, 1)
    return next(steps)


def _met(node: dict[str, Any]) -> Iterator[float]:
    """Yield the rows that each scan of a table or an index met, those it threw away included."""
    if "Relation Name" in node and "Scan" in node["Node Type"]:
        dropped = sum(node.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
        yield (node["Actual Rows"] + dropped) * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _met(below)


async def _crowd(stage: Stage, waiting: int, settled: int) -> None:
    """Copy a line many times: so many that wait, so many that are done."""
    one = (await stage.ops())[-1]
    table: Any = OutboundOp.__table__
    same = {column.name: getattr(one, column.name) for column in table.c} | {"state": OpState.PENDING}
    rows = [
        same | {name: f"{same[name]}-{number}" for name in ("id", "subject_id", "external_ref")}
        for number in range(waiting + settled)
    ]
    for number, row in enumerate(rows):
        if number >= waiting:
            row["state"] = OpState.CONFIRMED
    async with stage.database.write(stage.place.org) as session:
        await session.execute(insert(table), rows)
    async with stage.database.write(None) as session:
        await session.execute(text("ANALYZE"))
