"""What our schema has no place for, on small schemas that have one."""

import pytest
import strawberry
from graphql import build_schema, parse, validate
from strawberry import Maybe

from schema.acceptance.levels import MOST_STEPS
from schema.acceptance.walks import Acceptance
from schema.validation import RULES


@strawberry.input
class Change:
    """What may be left out, and may not be null."""

    name: Maybe[str]


@strawberry.type
class Query:
    """One field for each place of a value."""

    @strawberry.field
    def change(self, change: Change | None = None, name: Maybe[str] = None) -> str:
        """Return what is said."""
        return f"{change} {name}"


MAYBE = strawberry.Schema(Query)._schema
ONE_OF = build_schema("input By @oneOf { id: ID name: String } type Query { one(by: By): Int }")
RECURSIVE = build_schema("type Query { all: Query size: Int }")


@pytest.mark.parametrize("text", ["{ change(name: null) }", "{ change(change: {name: null}) }"])
def test_null_is_not_for_it_to_judge_where_strawberry_does(text: str):
    acceptance = Acceptance(MAYBE)

    assert validate(MAYBE, parse(text), RULES)
    assert not acceptance.is_sure(parse(text))
    assert acceptance.is_sure(parse(text.replace("null", '"x"')))


@pytest.mark.parametrize("fields", ["", 'id: 1, name: "x"', "id: null"])
def test_it_is_never_sure_of_one_field_out_of_several(fields: str):
    text = f"{{ one(by: {{{fields}}}) }}"

    assert validate(ONE_OF, parse(text))
    assert not Acceptance(ONE_OF).is_sure(parse(text))


def test_it_knows_no_arguments_of_fragments():
    text = "{ ...F(a: 1) } fragment F on Query { one }"
    document = parse(text, experimental_fragment_arguments=True)

    assert validate(ONE_OF, document)
    assert not Acceptance(ONE_OF).is_sure(document)


SETS = "{{ {} }}".format(" ".join(f"a{number}: all {{ size }}" for number in range(MOST_STEPS - 1)))
MEETINGS = f"{{ {'size ' * MOST_STEPS} }}"
SPREADS = f"{{ {'...F ' * (MOST_STEPS - 2)} }} fragment F on Query {{ size }}"


@pytest.mark.parametrize(("text", "more"), [(SETS, "all { size }"), (MEETINGS, "size"), (SPREADS, "...F")])
def test_it_gives_up_on_what_takes_long(text: str, more: str):
    acceptance = Acceptance(RECURSIVE)

    assert acceptance.is_sure(parse(text))
    assert not acceptance.is_sure(parse(text.replace("{", "{ " + more, 1)))
