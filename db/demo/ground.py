"""What the demo grows on: chance that repeats, ids that repeat, days told from today, rows by table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from db.base import id_of

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from db.base import Base, Identified


class Row(dict[str, Any]):
    """A row's values by name, also as attributes: rules read them so."""

    def __getattr__(self, name: str) -> Any:
        """Return a value; like a row that was just made, None for one that was not given."""
        return self.get(name)


@dataclass(slots=True)
class Ground:
    """One organisation's rows, before they are stored. The same seed, day and moment grow the same rows."""

    org_id: str
    today: date
    now: datetime
    chance: Random
    rows: dict[type[Base], list[Row]] = field(default_factory=dict)
    _born: int = 0

    def add(self, table: type[Base], **values: Any) -> Row:
        """Plant a row that is known by a key of its own."""
        row = Row(org_id=self.org_id, **values)
        self.rows.setdefault(table, []).append(row)
        return row

    def grow(self, table: type[Identified], born: datetime, /, **values: Any) -> Row:
        """Plant a row with an id of the moment at which it would have been born."""
        self._born += 1
        microseconds = int(born.timestamp()) * 1_000_000 + self._born
        return self.add(table, id=id_of(table.PREFIX, microseconds, self.chance.getrandbits(62)), **values)

    def all(self, table: type[Base]) -> list[Row]:
        """Return the rows of a table so far."""
        return self.rows.get(table, [])

    def by_project(self, table: type[Base]) -> dict[str, list[Row]]:
        """Return a table's rows so far by their project."""
        found: dict[str, list[Row]] = {}
        for row in self.all(table):
            found.setdefault(row["project_id"], []).append(row)
        return found

    def day(self, offset: int) -> date:
        """Return the day so many days after today (before it, where negative)."""
        return self.today + timedelta(days=offset)

    def moment(self, day: date) -> datetime:
        """Return a moment of a day's working hours, never later than now."""
        worked = datetime.combine(day, time(8), UTC) + timedelta(minutes=self.chance.randrange(540))
        return min(worked, self.now - timedelta(minutes=1))

    def between(self, first: date, last: date) -> date:
        """Return a day from the first to the last."""
        return first + timedelta(days=self.chance.randrange(max((last - first).days, 0) + 1))
