"""What Alembic runs for every command: the steps, on the connection that `db.migrating` opened."""

from __future__ import annotations

from alembic import context

from db.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
