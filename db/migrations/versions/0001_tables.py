"""Every table, as it was at the beginning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Instant, Key, Scaled

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    _create_organizations()
    _create_work()
    _create_ledger()
    _create_border()


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("ticket_links")
    op.drop_table("escalations")
    op.drop_table("contract_links")
    op.drop_table("activity_events")
    op.drop_table("export_lines")
    op.drop_table("export_batches")
    op.drop_table("outbound_attempts")
    op.drop_table("outbound_senders")
    op.drop_table("outbound_incarnation")
    op.drop_table("outbound_ops")
    op.drop_table("time_entries")
    op.drop_table("task_dependencies")
    op.drop_table("tasks")
    op.drop_table("project_members")
    op.drop_table("milestones")
    op.drop_table("projects")
    op.drop_table("users")
    op.drop_table("psa_connections")
    op.drop_table("clients")
    op.drop_table("organizations")
    op.drop_table("idempotency_keys")


def _create_organizations() -> None:
    """Create the organisations, their people, clients and connections."""
    op.create_table(
        "idempotency_keys",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("result_id", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "organizations",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("project_number_prefix", sa.String(), nullable=False),
        sa.Column("last_project_number", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("time_approval_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "clients",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", Key, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.org_id"], name=op.f("fk_clients_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_clients")),
    )
    op.create_index("ix_clients_org_id_name_folded_id", "clients", ["org_id", "name_folded", "id"], unique=False)
    op.create_table(
        "psa_connections",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("api_url", sa.String(), nullable=False),
        sa.Column("key_sealed", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("key_last_four", sa.String(), nullable=False),
        sa.Column("key_updated_at", Instant(), nullable=False),
        sa.Column("last_checked_at", Instant(), nullable=True),
        sa.Column("last_check_result", sa.String(), nullable=True),
        sa.Column("last_check_message", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.org_id"], name=op.f("fk_psa_connections_org_id")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_psa_connections")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_psa_connections_key_hash")),
    )
    op.create_table(
        "users",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("billing_rate", Scaled(), nullable=True),
        sa.CheckConstraint("role IN ('VIEWER', 'MEMBER', 'MANAGER', 'ADMIN', 'OWNER')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.org_id"], name=op.f("fk_users_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_users")),
    )


def _create_work() -> None:
    """Create projects and what is done in them."""
    op.create_table(
        "projects",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", Key, nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("owner_id", Key, nullable=False),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("archived_at", Instant(), nullable=True),
        sa.Column("progress_percent", sa.Integer(), nullable=False),
        sa.Column("budget", Scaled(), nullable=True),
        sa.Column("billing_rate", Scaled(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("custom_fields", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("status IN ('PLANNING', 'ACTIVE', 'ON_HOLD', 'COMPLETED')", name=op.f("ck_projects_status")),
        sa.CheckConstraint("progress_percent BETWEEN 0 AND 100", name=op.f("ck_projects_progress_percent")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["clients.org_id", "clients.id"], name=op.f("fk_projects_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "owner_id"], ["users.org_id", "users.id"], name=op.f("fk_projects_org_id_owner_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_projects")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_projects_org_id_number")),
    )
    op.create_index("ix_projects_org_id_client_id_id", "projects", ["org_id", "client_id", "id"], unique=False)
    op.create_index("ix_projects_org_id_name_folded_id", "projects", ["org_id", "name_folded", "id"], unique=False)
    op.create_index("ix_projects_org_id_owner_id_id", "projects", ["org_id", "owner_id", "id"], unique=False)
    op.create_index(
        "ix_projects_org_id_progress_percent_id", "projects", ["org_id", "progress_percent", "id"], unique=False
    )
    op.create_index("ix_projects_org_id_updated_at_id", "projects", ["org_id", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_projects_due_date_earliest",
        "projects",
        ["org_id", sa.text("coalesce(due_date, '0001-01-01')"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_projects_due_date_latest",
        "projects",
        ["org_id", sa.text("coalesce(due_date, '9999-12-31')"), "id"],
        unique=False,
    )
    op.create_table(
        "milestones",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("deliverables", sa.String(), nullable=True),
        sa.Column("visible_to_client", sa.Boolean(), nullable=False),
        sa.CheckConstraint("status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED')", name=op.f("ck_milestones_status")),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"], ["projects.org_id", "projects.id"], name=op.f("fk_milestones_org_id_project_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_milestones")),
    )
    op.create_index(
        "ix_milestones_open",
        "milestones",
        ["org_id", "project_id", "due_date"],
        unique=False,
        sqlite_where=sa.text("status != 'COMPLETED'"),
        postgresql_where=sa.text("status != 'COMPLETED'"),
    )
    op.create_index("ix_milestones_org_id_project_id_id", "milestones", ["org_id", "project_id", "id"], unique=False)
    op.create_table(
        "project_members",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "role IN ('VIEWER', 'MEMBER', 'MANAGER', 'ADMIN', 'OWNER')", name=op.f("ck_project_members_role")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"],
            ["projects.org_id", "projects.id"],
            name=op.f("fk_project_members_org_id_project_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"], ["users.org_id", "users.id"], name=op.f("fk_project_members_org_id_user_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_project_members")),
        sa.UniqueConstraint(
            "org_id", "project_id", "user_id", name=op.f("uq_project_members_org_id_project_id_user_id")
        ),
    )
    op.create_index(
        "ix_project_members_org_id_user_id_project_id",
        "project_members",
        ["org_id", "user_id", "project_id"],
        unique=False,
    )
    op.create_table(
        "tasks",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("milestone_id", Key, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", Key, nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("assignee_id", Key, nullable=True),
        sa.Column("reporter_id", Key, nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("priority", sa.String(40), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("task_type", sa.String(), nullable=True),
        sa.Column("estimated_hours", Scaled(), nullable=True),
        sa.Column("story_points", sa.Integer(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')", name=op.f("ck_tasks_priority")),
        sa.CheckConstraint(
            "status IN ('TODO', 'IN_PROGRESS', 'IN_REVIEW', 'BLOCKED', 'DONE')", name=op.f("ck_tasks_status")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "assignee_id"], ["users.org_id", "users.id"], name=op.f("fk_tasks_org_id_assignee_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "milestone_id"],
            ["milestones.org_id", "milestones.id"],
            name=op.f("fk_tasks_org_id_milestone_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"], ["projects.org_id", "projects.id"], name=op.f("fk_tasks_org_id_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "reporter_id"], ["users.org_id", "users.id"], name=op.f("fk_tasks_org_id_reporter_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_org_id_assignee_id_id", "tasks", ["org_id", "assignee_id", "id"], unique=False)
    op.create_index("ix_tasks_org_id_milestone_id_id", "tasks", ["org_id", "milestone_id", "id"], unique=False)
    op.create_index("ix_tasks_org_id_name_folded_id", "tasks", ["org_id", "name_folded", "id"], unique=False)
    op.create_index("ix_tasks_org_id_project_id_id", "tasks", ["org_id", "project_id", "id"], unique=False)
    op.create_index("ix_tasks_org_id_updated_at_id", "tasks", ["org_id", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_tasks_due_date_earliest",
        "tasks",
        ["org_id", sa.text("coalesce(due_date, '0001-01-01')"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_due_date_latest", "tasks", ["org_id", sa.text("coalesce(due_date, '9999-12-31')"), "id"], unique=False
    )
    op.create_table(
        "task_dependencies",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("task_id", Key, nullable=False),
        sa.Column("depends_on_id", Key, nullable=False),
        sa.CheckConstraint("task_id <> depends_on_id", name=op.f("ck_task_dependencies_not_itself")),
        sa.ForeignKeyConstraint(
            ["org_id", "depends_on_id"],
            ["tasks.org_id", "tasks.id"],
            name=op.f("fk_task_dependencies_org_id_depends_on_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_task_dependencies_org_id_task_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_task_dependencies")),
        sa.UniqueConstraint(
            "org_id", "task_id", "depends_on_id", name=op.f("uq_task_dependencies_org_id_task_id_depends_on_id")
        ),
    )
    op.create_table(
        "time_entries",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("task_id", Key, nullable=True),
        sa.Column("milestone_id", Key, nullable=True),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("hours", Scaled(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("billing_rate", Scaled(), nullable=True),
        sa.Column("approval_status", sa.String(40), nullable=False),
        sa.Column("approved_by_id", Key, nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("rejection_reason", sa.String(), nullable=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "approval_status IN ('PENDING', 'APPROVED', 'REJECTED')", name=op.f("ck_time_entries_approval_status")
        ),
        sa.CheckConstraint("source IN ('PROJECTS', 'PSA')", name=op.f("ck_time_entries_source")),
        sa.CheckConstraint("hours BETWEEN 0 AND 2400", name=op.f("ck_time_entries_hours")),
        sa.ForeignKeyConstraint(
            ["org_id", "approved_by_id"],
            ["users.org_id", "users.id"],
            name=op.f("fk_time_entries_org_id_approved_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "milestone_id"],
            ["milestones.org_id", "milestones.id"],
            name=op.f("fk_time_entries_org_id_milestone_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"], ["projects.org_id", "projects.id"], name=op.f("fk_time_entries_org_id_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_time_entries_org_id_task_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"], ["users.org_id", "users.id"], name=op.f("fk_time_entries_org_id_user_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_time_entries")),
    )
    op.create_index("ix_time_entries_org_id_date_id", "time_entries", ["org_id", "date", "id"], unique=False)
    op.create_index(
        "ix_time_entries_org_id_project_id_date_id",
        "time_entries",
        ["org_id", "project_id", "date", "id"],
        unique=False,
    )
    op.create_index(
        "ix_time_entries_org_id_task_id_date_id", "time_entries", ["org_id", "task_id", "date", "id"], unique=False
    )
    op.create_index(
        "ix_time_entries_org_id_user_id_date_id", "time_entries", ["org_id", "user_id", "date", "id"], unique=False
    )


def _create_ledger() -> None:
    """Create what leaves for the PSA."""
    op.create_table(
        "outbound_ops",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_id", Key, nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("external_ref", Key, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("payload_sha256", sa.String(), nullable=False),
        sa.Column("hours", Scaled(), nullable=True),
        sa.Column("amount", Scaled(), nullable=True),
        sa.Column("order_key", Key, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("first_sent_at", Instant(), nullable=True),
        sa.Column("last_sent_at", Instant(), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("doubt_since", Instant(), nullable=True),
        sa.Column("audit_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("needs_attention", sa.String(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('TIME', 'TICKET', 'VOID')", name=op.f("ck_outbound_ops_kind")),
        sa.CheckConstraint(
            "state IN ('PENDING', 'SENT', 'CONFIRMED', 'REJECTED', 'UNKNOWN', 'VOIDED')",
            name=op.f("ck_outbound_ops_state"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outbound_ops")),
        sa.UniqueConstraint("org_id", "external_ref", name=op.f("uq_outbound_ops_org_id_external_ref")),
    )
    op.create_index(
        "ix_outbound_ops_waiting",
        "outbound_ops",
        ["org_id", "order_key", "kind", "not_before", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('PENDING', 'UNKNOWN')"),
        postgresql_where=sa.text("state IN ('PENDING', 'UNKNOWN')"),
    )
    op.create_index("ix_outbound_ops_org_id_subject_id", "outbound_ops", ["org_id", "subject_id"], unique=False)
    op.create_index(
        "ix_outbound_ops_audits",
        "outbound_ops",
        ["audit_at"],
        unique=False,
        sqlite_where=sa.text("audit_at IS NOT NULL"),
        postgresql_where=sa.text("audit_at IS NOT NULL"),
    )
    op.create_index(
        "uq_outbound_ops_in_flight",
        "outbound_ops",
        ["org_id", "order_key"],
        unique=True,
        sqlite_where=sa.text("state = 'SENT'"),
        postgresql_where=sa.text("state = 'SENT'"),
    )
    op.create_index(
        "uq_outbound_ops_live",
        "outbound_ops",
        ["org_id", "subject_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('REJECTED', 'VOIDED')"),
        postgresql_where=sa.text("state NOT IN ('REJECTED', 'VOIDED')"),
    )
    op.create_index(
        "uq_outbound_ops_newest",
        "outbound_ops",
        ["org_id", "subject_id", "kind"],
        unique=True,
        sqlite_where=sa.text("newest = 1"),
        postgresql_where=sa.text("newest"),
    )
    op.create_table(
        "outbound_senders",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("served_at", Instant(), nullable=False),
        sa.Column("rests_until", Instant(), nullable=False),
        sa.Column("recovered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_outbound_senders")),
    )
    op.create_table(
        "outbound_incarnation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("advanced_at", Instant(), nullable=False),
        sa.Column("suspended_at", Instant(), nullable=True),
        sa.Column("suspended_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_incarnation")),
    )
    op.create_table(
        "outbound_attempts",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("op_id", Key, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("psa_request_id", sa.String(), nullable=True),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('LOOKUP', 'SEND')", name=op.f("ck_outbound_attempts_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "op_id"],
            ["outbound_ops.org_id", "outbound_ops.id"],
            name=op.f("fk_outbound_attempts_org_id_op_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outbound_attempts")),
    )
    op.create_index(
        "ix_outbound_attempts_org_id_op_id_id", "outbound_attempts", ["org_id", "op_id", "id"], unique=False
    )
    op.create_table(
        "export_batches",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("psa_contract_id", Key, nullable=False),
        sa.Column("contract_number", sa.String(), nullable=False),
        sa.Column("requested_by_id", Key, nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"],
            ["projects.org_id", "projects.id"],
            name=op.f("fk_export_batches_org_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_export_batches")),
    )
    op.create_index(
        "ix_export_batches_org_id_project_id_id", "export_batches", ["org_id", "project_id", "id"], unique=False
    )
    op.create_table(
        "export_lines",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("batch_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("op_id", Key, nullable=False),
        sa.Column("time_entry_id", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "batch_id"],
            ["export_batches.org_id", "export_batches.id"],
            name=op.f("fk_export_lines_org_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "op_id"], ["outbound_ops.org_id", "outbound_ops.id"], name=op.f("fk_export_lines_org_id_op_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "time_entry_id"],
            ["time_entries.org_id", "time_entries.id"],
            name=op.f("fk_export_lines_org_id_time_entry_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_export_lines")),
        sa.UniqueConstraint("org_id", "batch_id", "position", name=op.f("uq_export_lines_org_id_batch_id_position")),
    )
    op.create_index("ix_export_lines_org_id_op_id", "export_lines", ["org_id", "op_id"], unique=False)
    op.create_index(
        "ix_export_lines_org_id_time_entry_id_id", "export_lines", ["org_id", "time_entry_id", "id"], unique=False
    )


def _create_border() -> None:
    """Create what ties projects to the PSA, and what was done."""
    op.create_table(
        "activity_events",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=True),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("task_id", Key, nullable=True),
        sa.Column("time_entry_id", Key, nullable=True),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            (
                "kind IN ('PROJECT_CREATED', 'PROJECT_UPDATED', 'PROJECT_ARCHIVED', 'MILESTONE_CREATED', "
                "'MILESTONE_UPDATED', 'TASK_CREATED', 'TASK_UPDATED', 'MEMBER_ADDED', 'MEMBER_REMOVED', "
                "'CONTRACT_LINKED', 'CONTRACT_RELINKED', 'CONTRACT_UNLINKED', 'TICKET_LINKED', "
                "'TICKET_UNLINKED', 'TIME_LOGGED', 'TIME_UPDATED', 'TIME_DELETED', 'TIME_APPROVED', "
                "'TIME_REJECTED', 'EXPORT_REQUESTED', 'EXPORT_FINISHED', 'EXPORT_SETTLED', 'VOID_REQUESTED', "
                "'EXPORT_VOIDED', 'TASK_ESCALATED', 'TICKET_CREATED', 'CONNECTION_SAVED')"
            ),
            name=op.f("ck_activity_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"],
            ["projects.org_id", "projects.id"],
            name=op.f("fk_activity_events_org_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_activity_events")),
    )
    op.create_index(
        "ix_activity_events_org_id_client_id_id", "activity_events", ["org_id", "client_id", "id"], unique=False
    )
    op.create_index("ix_activity_events_org_id_id", "activity_events", ["org_id", "id"], unique=False)
    op.create_index(
        "ix_activity_events_org_id_project_id_id", "activity_events", ["org_id", "project_id", "id"], unique=False
    )
    op.create_index(
        "ix_activity_events_org_id_task_id_id", "activity_events", ["org_id", "task_id", "id"], unique=False
    )
    op.create_table(
        "contract_links",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("psa_contract_id", Key, nullable=False),
        sa.Column("contract_number", sa.String(), nullable=False),
        sa.Column("contract_name", sa.String(), nullable=False),
        sa.Column("contract_type", sa.String(40), nullable=False),
        sa.Column("psa_client_id", Key, nullable=False),
        sa.Column("psa_client_name", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("billing_frequency", sa.String(40), nullable=True),
        sa.Column("status_at_link", sa.String(), nullable=False),
        sa.Column("snapshot_at", Instant(), nullable=False),
        sa.Column("linked_by_id", Key, nullable=False),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.Column("unlinked_by_id", Key, nullable=True),
        sa.Column("unlinked_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "contract_type IN ('MANAGED_SERVICES', 'BREAK_FIX', 'RETAINER', 'PER_DEVICE', 'OTHER')",
            name=op.f("ck_contract_links_contract_type"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"],
            ["projects.org_id", "projects.id"],
            name=op.f("fk_contract_links_org_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_contract_links")),
    )
    op.create_index(
        "ix_contract_links_by_contract",
        "contract_links",
        ["org_id", "psa_contract_id", "project_id"],
        unique=False,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_index(
        "uq_contract_links_active",
        "contract_links",
        ["org_id", "project_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_table(
        "escalations",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("task_id", Key, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("priority", sa.String(40), nullable=False),
        sa.Column("requested_by_id", Key, nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("ticket_link_id", Key, nullable=True),
        sa.CheckConstraint("priority IN ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')", name=op.f("ck_escalations_priority")),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"], ["projects.org_id", "projects.id"], name=op.f("fk_escalations_org_id_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_escalations_org_id_task_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_org_id_task_id_id", "escalations", ["org_id", "task_id", "id"], unique=False)
    op.create_table(
        "ticket_links",
        sa.Column("org_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("task_id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("psa_ticket_id", Key, nullable=False),
        sa.Column("ticket_number", sa.String(), nullable=False),
        sa.Column("ticket_title", sa.String(), nullable=False),
        sa.Column("ticket_status_at_link", sa.String(), nullable=False),
        sa.Column("ticket_priority_at_link", sa.String(), nullable=False),
        sa.Column("ticket_url", sa.String(), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("linked_by_id", Key, nullable=False),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.Column("unlinked_by_id", Key, nullable=True),
        sa.Column("unlinked_at", Instant(), nullable=True),
        sa.CheckConstraint("origin IN ('LINKED', 'ESCALATED')", name=op.f("ck_ticket_links_origin")),
        sa.CheckConstraint("NOT newest OR unlinked_at IS NULL", name=op.f("ck_ticket_links_newest_is_active")),
        sa.ForeignKeyConstraint(
            ["org_id", "project_id"], ["projects.org_id", "projects.id"], name=op.f("fk_ticket_links_org_id_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_ticket_links_org_id_task_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_ticket_links")),
    )
    op.create_index(
        "ix_ticket_links_org_id_project_id_id", "ticket_links", ["org_id", "project_id", "id"], unique=False
    )
    op.create_index(
        "ix_ticket_links_by_ticket",
        "ticket_links",
        ["org_id", "psa_ticket_id", "id"],
        unique=False,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_index(
        "uq_ticket_links_active",
        "ticket_links",
        ["org_id", "task_id", "psa_ticket_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_index(
        "uq_ticket_links_newest",
        "ticket_links",
        ["org_id", "task_id"],
        unique=True,
        sqlite_where=sa.text("newest = 1"),
        postgresql_where=sa.text("newest"),
    )
