"""The store of a workspace: ``bakeoff.sqlite`` and ``artifacts/``."""

import io
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import DAMAGED_ARRAYS, StoreError
from bakeoff.store._files import write_folder_atomically
from bakeoff.store._openings import Fingerprints, Opening, OpeningHistory, name_of_rows, overlap
from bakeoff.store._schema import migrate, require_current

__all__ = ["FitRecord", "OpeningRecord", "RunRecord", "Store"]

_BUSY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FitRecord:
    """One finished fit as it is kept.

    Parameters
    ----------
    key : str
        Hash of everything that determines the fit.
    family, contestant : str
    seed : int
    stage : {"validation", "refit"}
    facts : mapping
        JSON data: seconds, epochs, parameters, history, summary, notes, machine.
    arrays : mapping of str to array
        Predictions: ``<part>_labels`` and, where the model has them, ``<part>_probabilities`` or ``<part>_scores``.
    model_files : mapping of file name to bytes
    """

    key: str
    family: str
    contestant: str
    seed: int
    stage: str
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    model_files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the workspace."""

    folder: str
    created: str
    name: str
    data_sha256: str
    status: str
    verdict: str


@dataclass(frozen=True, slots=True)
class OpeningRecord:
    """One use of test labels as the workspace lists it; `test_set` names the rows, whatever their order."""

    created: str
    run: str
    purpose: str
    times: int
    test_set: str
    n_rows: int


class Store:
    """What a workspace keeps. Use it as a context manager.

    Parameters
    ----------
    workspace : Path
        Made if it is not there.
    read_only : bool
        Look, and change nothing: neither the folder nor the database is made, migrated or written to.

    Raises
    ------
    StoreError
        If the folder cannot be written to (or, to look at, has no database), or a later release wrote it.
    """

    def __init__(self, workspace: Path, *, read_only: bool = False) -> None:
        self.workspace = workspace
        self._artifacts = workspace / "artifacts"
        with self._explained():
            self._connection = self._look() if read_only else self._open()

    def _look(self) -> sqlite3.Connection:
        database = self.workspace / "bakeoff.sqlite"
        # Where nobody may write and nobody does, SQLite cannot make the files beside a database in WAL mode, and has
        # to be told that it need not.
        nobody_writes = (
            not os.access(self.workspace, os.W_OK) and not database.with_name(f"{database.name}-wal").exists()
        )
        mode = "immutable=1" if nobody_writes else "mode=ro"
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?{mode}", uri=True, timeout=_BUSY_SECONDS)
        with _closed_if_not_understood(connection):
            connection.execute("PRAGMA trusted_schema = OFF")
            require_current(connection)
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self._artifacts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.workspace}: cannot be written to: {error.strerror}") from error
        if not os.access(self.workspace, os.W_OK):  # SQLite would say no more than that it cannot open a file
            reason = "read-only, or no permission; name another folder with --workspace"
            raise StoreError(f"{self.workspace}: cannot be written to: {reason}")
        # Autocommit: every transaction is written out where it begins and ends.
        connection = sqlite3.connect(self.workspace / "bakeoff.sqlite", timeout=_BUSY_SECONDS, isolation_level=None)
        with _closed_if_not_understood(connection):
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection)
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; what was saved is on the disk already."""
        self._connection.close()

    # Fits ------------------------------------------------------------------------------------------------------

    def save_fit(self, fit: FitRecord) -> None:
        """Keep a finished fit: first its artifacts, then the row that makes it count.

        A fit that is kept already keeps its predictions, which its name determines, and takes the new clock.
        """
        files = {f"model/{name}": content for name, content in fit.model_files.items()}
        buffer = io.BytesIO()
        # mypy takes the arrays' names for savez' own options.
        np.savez_compressed(buffer, **dict(fit.arrays))  # type: ignore[arg-type]
        write_folder_atomically(self._fit_folder(fit.key), {"predictions.npz": buffer.getvalue(), **files})
        with self._explained():
            self._connection.execute(
                "INSERT OR REPLACE INTO fits VALUES (?, ?, ?, ?, ?, ?, ?)",
                (fit.key, _now(), fit.family, fit.contestant, fit.seed, fit.stage, json.dumps(dict(fit.facts))),
            )

    def find_fit(self, key: str) -> FitRecord | None:
        """The finished fit of this name, or None where it is not kept (whole)."""
        with self._explained():
            row = self._connection.execute(
                "SELECT family, contestant, seed, stage, facts FROM fits WHERE key = ?", (key,)
            ).fetchone()
        folder = self._fit_folder(key)
        if row is None:
            return None
        try:
            with (folder / "predictions.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
        except FileNotFoundError:
            return None
        except DAMAGED_ARRAYS:
            shutil.rmtree(folder, ignore_errors=True)  # damaged: fitted again, into a fresh folder
            return None
        model = folder / "model"
        files = {path.name: path.read_bytes() for path in sorted(model.iterdir())} if model.is_dir() else {}
        family, contestant, seed, stage, facts = row
        return FitRecord(key, family, contestant, seed, stage, json.loads(facts), arrays, files)

    def _fit_folder(self, key: str) -> Path:
        return self._artifacts / "fits" / key[:2] / key

    # Runs ------------------------------------------------------------------------------------------------------

    def save_run(self, run: RunRecord) -> None:
        """Keep, or bring up to date, what is said of a run in `runs`."""
        with self._explained():
            self._connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (folder) DO UPDATE SET status = excluded.status, verdict = excluded.verdict",
                (run.folder, run.created, run.name, run.data_sha256, run.status, run.verdict),
            )

    def runs(self) -> Sequence[RunRecord]:
        """All runs of the workspace, the newest first."""
        with self._explained():
            rows = self._connection.execute("SELECT * FROM runs ORDER BY created DESC, folder DESC").fetchall()
        return [RunRecord(*row) for row in rows]

    # Openings --------------------------------------------------------------------------------------------------

    def record_opening(self, fingerprints: Fingerprints, run: str, purpose: str, times: int = 1) -> None:
        """Write down that test labels are about to be used. Call it before, never after.

        Parameters
        ----------
        fingerprints : (n,) uint64
            Of the test rows, in any order; see `fingerprint_rows`.
        run : str
            Folder of the run, or the submission that is scored.
        purpose : str
            What the labels will be compared with.
        times : int
            How many comparisons follow.
        """
        with self._transaction():
            self._write_opening(fingerprints, run, purpose, times)

    def record_openings(
        self, fingerprints: Fingerprints, uses: Sequence[tuple[str, str]], also: Fingerprints | None = None
    ) -> None:
        """Write down several uses of the labels of the same rows, all of them or none.

        Parameters
        ----------
        fingerprints : (n,) uint64
        uses : sequence of (run, purpose)
            As for `record_opening`, one comparison each.
        also : (n,) uint64 or None
            What else may name these rows later. Under it each use is kept as an opening of no times, so that it is
            found, and counted once.
        """
        with self._transaction():
            for run, purpose in uses:
                self._write_opening(fingerprints, run, purpose, 1)
                if also is not None:
                    self._write_opening(also, run, purpose, 0)

    def _write_opening(self, fingerprints: Fingerprints, run: str, purpose: str, times: int) -> None:
        rows = np.sort(fingerprints)
        name = name_of_rows(rows)
        self._connection.execute(
            "INSERT OR IGNORE INTO test_sets VALUES (?, ?, ?)", (name, len(rows), rows.astype("<u8").tobytes())
        )
        self._connection.execute(
            "INSERT INTO openings (created, run, purpose, test_set, times) VALUES (?, ?, ?, ?, ?)",
            (_now(), run, purpose, name, times),
        )

    def opening_history(self, fingerprints: Fingerprints) -> OpeningHistory:
        """Every use of the labels of these rows, or of some of them."""
        in_others = np.zeros(len(fingerprints), dtype=np.bool_)
        known: dict[str, tuple[int, bool]] = {}
        with self._explained():
            for name, blob in self._connection.execute("SELECT sha256, row_hashes FROM test_sets"):
                shared, same = overlap(fingerprints, np.frombuffer(blob, dtype="<u8"))
                if shared.any():
                    known[name] = int(shared.sum()), same
                    in_others |= shared & (not same)
            rows = self._connection.execute(
                "SELECT test_set, created, run, purpose, times FROM openings ORDER BY id"
            ).fetchall()
        openings = [
            Opening(created, run, purpose, times, *known[name])
            for name, created, run, purpose, times in rows
            if name in known
        ]
        return OpeningHistory(len(fingerprints), openings, int(in_others.sum()))

    def all_openings(self) -> Sequence[OpeningRecord]:
        """Every use of test labels in this workspace, in order of time."""
        with self._explained():
            rows = self._connection.execute(
                "SELECT created, run, purpose, times, test_set, n_rows "
                "FROM openings JOIN test_sets ON test_set = sha256 WHERE times > 0 ORDER BY id"
            ).fetchall()
        return [OpeningRecord(*row) for row in rows]

    # SQLite ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.workspace / 'bakeoff.sqlite'}: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _closed_if_not_understood(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection that nobody will be given."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
