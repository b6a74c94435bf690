"""Whether the database holds the tables that this version of the site needs."""

from __future__ import annotations

from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


def hindrance() -> str | None:
    """Why the site cannot work with its database, and the next step; None when it can."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        return f"The database cannot be reached ({error}). Start it, and look at DATABASE_URL."
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return None
    if not executor.loader.applied_migrations:
        return "The database is empty: first run `manage.py migrate`."
    return (
        f"The database lacks {len(missing)} of this version's migrations. "
        "Make a backup, then run `manage.py migrate`."
    )
