"""What is mutated, and which tests must notice: the quick ones first, because most mutants die of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Area:
    """Modules, the tests that run on SQLite, and those that a survivor meets on PostgreSQL too."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    on_postgresql: tuple[str, ...]


LEDGER = (
    "tests/db/test_ledger_claims.py", "tests/db/test_ledger_settlements.py", "tests/db/test_ledger_neighbours.py",
    "tests/db/test_ledger_audits.py", "tests/db/test_ledger_recoveries.py", "tests/db/test_ledger_incarnations.py",
    "tests/db/test_ledger_intents.py", "tests/db/test_ledger_meetings.py", "tests/db/test_ledger_dues.py",
)  # fmt: skip
AREAS = {
    "ledger": Area(
        tuple(
            f"db/ledger/{name}.py"
            for name in (
                "audits", "claims", "clocks", "dues", "incarnations", "intents", "queues", "reads", "recoveries",
                "settlements", "touching",
            )
        ),
        (
            *LEDGER, "tests/outbox/test_audits.py", "tests/outbox/test_voids.py", "tests/outbox/test_restores.py",
            "tests/outbox/test_leaving.py", "tests/outbox/test_exports.py", "tests/outbox/test_escalations.py",
            "tests/outbox/test_turns.py", "tests/outbox/test_throughput.py", "tests/outbox/test_deaths.py",
            "tests/graphql/test_retries.py", "tests/graphql/test_resolutions.py", "tests/outbox/test_crowds.py",
        ),
        (*LEDGER, "tests/outbox/test_throughput.py"),
    ),
    "clocks": Area(
        ("resolvers/outbox/clocks.py",),
        ("tests/outbox/test_watched_clock.py", "tests/outbox/test_clocks.py"),
        ("tests/outbox/test_clocks.py",),
    ),
    "money": Area(
        ("schema/money.py", "db/time_entries/rules.py"),
        (
            "tests/graphql/test_budgets.py", "tests/db/test_export_states.py", "tests/db/test_rules.py",
            "tests/db/test_time_entries.py", "tests/db/test_approvals.py",
            "tests/graphql/test_time_entries.py", "tests/graphql/test_contracts.py", "tests/graphql/test_exports.py",
            "tests/graphql/test_previews.py", "tests/graphql/test_allowed_actions.py", "tests/graphql/test_projects.py",
            "tests/house/test_schema.py",
        ),
        ("tests/db/test_rules.py",),
    ),
    "rules": Area(
        ("db/rules.py", "db/exports/rules.py", "db/milestones/rules.py", "db/projects/rules.py"),
        (
            "tests/db/test_batch_states.py", "tests/db/test_rules.py", "tests/db/test_milestones.py",
            "tests/db/test_projects.py",
            "tests/db/test_tasks.py", "tests/db/test_access.py", "tests/graphql/test_projects.py",
            "tests/graphql/test_exports.py", "tests/graphql/test_previews.py",
            "tests/graphql/test_allowed_actions.py", "tests/graphql/test_listings.py",
            "tests/reading/test_agreement.py",
        ),
        ("tests/db/test_rules.py",),
    ),
}  # fmt: skip
