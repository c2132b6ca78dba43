"""What Alembic runs: the steps, on the connection that `upgrade` opened."""

from __future__ import annotations

from alembic import context

from optimizer.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
