"""Rows that Python puts in the order of their ids, as a database would."""

from __future__ import annotations

from operator import itemgetter

import pytest

from resolvers.shaping import by_ids

ROWS = [("b", 1), ("B", 2), ("a", 3), ("é", 4), ("z", 5), ("😀", 6), ("\uffff", 7)]


@pytest.mark.parametrize("descending", [False, True])
def test_ids_compare_as_their_bytes_do(*, descending: bool):
    found = by_ids(ROWS, itemgetter(0), descending=descending)

    assert found == sorted(ROWS, key=lambda row: row[0].encode(), reverse=descending)
    assert found != ROWS


@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_an_id_stay_among_them(*, descending: bool):
    absent = [(None, 8), (None, 9)]

    found = by_ids([absent[0], *ROWS, absent[1]], itemgetter(0), descending=descending)

    assert [row for row in found if row[0] is not None] == by_ids(ROWS, itemgetter(0), descending=descending)
    assert sorted(row[1] for row in found) == list(range(1, 10))
