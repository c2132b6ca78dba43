"""Brings a database to the tables of this release."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from optimizer.store.engine import translated

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_OF_MIGRATIONS = 0x636F756E746572


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply what is missing up to a revision, all of it or nothing; does nothing where nothing is.

    Raises StoreUnavailable.
    """
    # Needed once in the life of a store, and slow to load.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with translated(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Two servers that start together: the second waits, then finds nothing to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_OF_MIGRATIONS})")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
