"""The tables of ``bakeoff.sqlite`` and the steps from one schema version to the next."""

import sqlite3

from bakeoff.errors import StoreError

__all__ = ["SCHEMA_VERSION", "migrate", "require_current"]

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 0 -> 1
        """
        CREATE TABLE fits (
            key            TEXT PRIMARY KEY,   -- hash of everything that determines the fit
            created        TEXT NOT NULL,      -- UTC, ISO 8601
            family         TEXT NOT NULL,
            contestant     TEXT NOT NULL,
            seed           INTEGER NOT NULL,
            stage          TEXT NOT NULL,      -- validation | refit
            facts          TEXT NOT NULL       -- JSON: seconds, epochs, history, summary, notes, ...
        ) STRICT
        """,
        """
        CREATE TABLE runs (
            folder         TEXT PRIMARY KEY,   -- below runs/
            created        TEXT NOT NULL,
            name           TEXT NOT NULL,
            data_sha256    TEXT NOT NULL,
            status         TEXT NOT NULL,      -- running | done | failed | interrupted
            verdict        TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE test_sets (
            sha256         TEXT PRIMARY KEY,   -- of the sorted row hashes: the order of rows does not matter
            n_rows         INTEGER NOT NULL,
            row_hashes     BLOB NOT NULL       -- sorted little-endian uint64, one a row
        ) STRICT
        """,
        """
        CREATE TABLE openings (
            id             INTEGER PRIMARY KEY,
            created        TEXT NOT NULL,
            run            TEXT NOT NULL,
            purpose        TEXT NOT NULL,
            test_set       TEXT NOT NULL REFERENCES test_sets (sha256),
            times          INTEGER NOT NULL    -- one row may stand for many, an opening each epoch and fit
        ) STRICT
        """,
        "CREATE INDEX openings_by_test_set ON openings (test_set)",
    ),
)

SCHEMA_VERSION = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest schema in one transaction.

    Raises
    ------
    StoreError
        If a later release of Bakeoff wrote it.
    """
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version = _version(connection)  # again: another process may have migrated while this one waited
        _refuse_later(version)
        for number in range(version, SCHEMA_VERSION):
            for statement in _MIGRATIONS[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def require_current(connection: sqlite3.Connection) -> None:
    """Refuse a database that could only be read after a migration.

    Raises
    ------
    StoreError
        If an earlier or a later release of Bakeoff wrote it.
    """
    version = _version(connection)
    _refuse_later(version)
    if version < SCHEMA_VERSION:
        raise StoreError(
            f"bakeoff.sqlite has schema {version}; this release of Bakeoff reads {SCHEMA_VERSION}. "
            "`bakeoff run` in this folder brings it up to date"
        )


def _refuse_later(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"bakeoff.sqlite has schema {version}; this release of Bakeoff reads up to {SCHEMA_VERSION}. "
            "Install a newer Bakeoff or use another folder"
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
