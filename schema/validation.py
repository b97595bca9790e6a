"""Which rules a document is held to: all of graphql-core's and Strawberry's that can have anything to say about it."""

from functools import cache
from typing import ClassVar

from graphql import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    FragmentsOnCompositeTypesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    SingleFieldSubscriptionsRule,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    ValidationRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    specified_rules,
)
from graphql.language.visitor import EnterLeaveVisitor
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

SILENT = EnterLeaveVisitor(None, None)
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
# Words without which a document has nothing that these could find wrong. A word in a string only asks one too many.
ABOUT: dict[tuple[str, ...], tuple[type[ASTValidationRule], ...]] = {
    ("...", "fragment"): (
        FragmentsOnCompositeTypesRule, KnownFragmentNamesRule, NoFragmentCyclesRule, NoUnusedFragmentsRule,
        PossibleFragmentSpreadsRule, UniqueFragmentNamesRule,
    ),
    ("$",): (
        NoUndefinedVariablesRule, NoUnusedVariablesRule, UniqueVariableNamesRule, VariablesAreInputTypesRule,
        VariablesInAllowedPositionRule,
    ),
    ("@",): (
        DeferStreamDirectiveLabel, DeferStreamDirectiveOnRootField, DeferStreamDirectiveOnValidOperationsRule,
        KnownDirectivesRule, StreamDirectiveOnListField, UniqueDirectivesPerLocationRule,
    ),
    ("subscription",): (SingleFieldSubscriptionsRule,),
}  # fmt: skip


def rules_for(query: str, *, introspection: bool) -> list[type[ASTValidationRule]]:
    """Return the rules that a document of this text may break."""
    return _rules(tuple(words for words in ABOUT if not any(word in query for word in words)), introspection)


@cache
def _rules(absent: tuple[tuple[str, ...], ...], introspection: bool) -> list[type[ASTValidationRule]]:  # noqa: FBT001 - a key of the cache
    needless = {rule for words in absent for rule in ABOUT[words]}
    rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
    return [_remembering(rule) for rule in rules if rule not in needless]


class _Remembering(ValidationRule):
    """A rule that knows of itself which kinds of nodes it has nothing to say about.

    graphql-core asks every new instance of every rule by two names for each kind it meets, which was half the cost of
    validating a short document.
    """

    silent: ClassVar[set[str]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.silent = set()

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        if kind in self.silent:
            return SILENT
        found = super().get_enter_leave_for_kind(kind)
        if found == SILENT:
            self.silent.add(kind)
        return found


@cache
def _remembering(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    return type(rule.__name__, (_Remembering, rule), {})
