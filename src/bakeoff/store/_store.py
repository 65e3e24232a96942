"""The store of a workspace: ``bakeoff.sqlite`` and ``artifacts/``."""

import io
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import StoreError
from bakeoff.store._files import write_folder_atomically
from bakeoff.store._openings import Opening, OpeningCount, hash_rows, name_of_rows
from bakeoff.store._schema import migrate
from bakeoff.types import Rows

__all__ = ["FitRecord", "RunRecord", "Store"]

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


class Store:
    """What a workspace keeps. Use it as a context manager.

    Parameters
    ----------
    workspace : Path
        Made if it is not there.

    Raises
    ------
    StoreError
        If the folder cannot be written to, or a later release wrote it.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._artifacts = workspace / "artifacts"
        try:
            self._artifacts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{workspace}: cannot be written to: {error.strerror}") from error
        with self._explained():
            # Autocommit: every transaction is written out where it begins and ends.
            self._connection = sqlite3.connect(
                workspace / "bakeoff.sqlite", timeout=_BUSY_SECONDS, isolation_level=None
            )
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            migrate(self._connection)

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
        except (OSError, ValueError, EOFError, BadZipFile):
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

    def record_opening(self, X_test: Rows, run: str, purpose: str, times: int = 1) -> None:
        """Write down that test labels are about to be used. Call it before, never after."""
        hashes = hash_rows(X_test)
        name = name_of_rows(hashes)
        with self._transaction():
            self._connection.execute(
                "INSERT OR IGNORE INTO test_sets VALUES (?, ?, ?)", (name, len(hashes), hashes.astype("<u8").tobytes())
            )
            self._connection.execute(
                "INSERT INTO openings (created, run, purpose, test_set, times) VALUES (?, ?, ?, ?, ?)",
                (_now(), run, purpose, name, times),
            )

    def openings(self, X_test: Rows) -> Sequence[Opening]:
        """Every use of the labels of these rows, or of some of them, in order of time."""
        wanted = hash_rows(X_test)
        shared: dict[str, int] = {}
        with self._explained():
            for name, blob in self._connection.execute("SELECT sha256, row_hashes FROM test_sets"):
                shared[name] = len(np.intersect1d(wanted, np.frombuffer(blob, dtype="<u8")))
            rows = self._connection.execute("SELECT created, run, purpose, times, test_set FROM openings ORDER BY id")
            return [
                Opening(created, run, purpose, times, shared[name])
                for created, run, purpose, times, name in rows
                if shared[name]
            ]

    def count_openings(self, X_test: Rows, run: str) -> OpeningCount:
        """How often these rows, or some of them, were opened by this run and ever."""
        known = self.openings(X_test)
        return OpeningCount(sum(o.times for o in known if o.run == run), sum(o.times for o in known))

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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
