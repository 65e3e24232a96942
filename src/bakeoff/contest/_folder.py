"""The run's folder: made before anything runs, filled when it is done, pointed at by ``runs/latest``."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import StoreError
from bakeoff.store import write_atomically

__all__ = ["RunFolder", "harmless_cell"]


class RunFolder:
    """One folder below ``runs/``; every file in it is written whole or not at all.

    Parameters
    ----------
    workspace : Path
    name : str
        Of the bake-off; the UTC time is added.
    """

    def __init__(self, workspace: Path, name: str) -> None:
        self.created = datetime.now(UTC)
        stamp = self.created.strftime("%Y%m%dT%H%M%SZ")
        for number in range(1, 1000):
            self.path = workspace / "runs" / (f"{name}-{stamp}" if number == 1 else f"{name}-{stamp}-{number}")
            try:
                self.path.mkdir(parents=True)
                break
            except FileExistsError:
                continue
            except OSError as error:
                raise StoreError(f"{self.path}: cannot be made: {error.strerror}") from error
        self._log = self.path / "log.txt"

    def log(self, text: str) -> None:
        """Add a line to ``log.txt``, with the time."""
        stamp = datetime.now(UTC).strftime("%H:%M:%S")
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{stamp} {text}\n")
        except OSError as error:
            raise StoreError(f"{self._log}: cannot be written: {error.strerror or error}") from error

    def write_text(self, name: str, text: str) -> None:
        """Write one text file."""
        write_atomically(self.path / name, text)

    def write_json(self, name: str, content: Any) -> None:
        """Write one JSON file; infinities and NaN are refused, since JSON has none."""
        write_atomically(self.path / name, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")

    def write_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write one compressed ``.npz`` file."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **dict(arrays))  # type: ignore[arg-type]  # mypy takes names for savez' options
        write_atomically(self.path / name, buffer.getvalue())

    def write_table(self, name: str, header: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
        """Write one CSV file.

        Text that a spreadsheet would take for a formula gets an apostrophe before it.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([harmless_cell(cell) for cell in line] for line in lines)
        write_atomically(self.path / name, buffer.getvalue())

    def write_files(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Write a folder of files."""
        for name, content in files.items():
            write_atomically(self.path / folder / name, content)

    def point_latest(self) -> None:
        """Let ``runs/latest`` point at this run: a link, or a text file where links do not exist."""
        latest = self.path.parent / "latest"
        temporary = latest.with_name(f".latest.{uuid4().hex}.tmp")
        try:
            try:
                temporary.symlink_to(self.path.name, target_is_directory=True)
                temporary.replace(latest)
            except (OSError, NotImplementedError):
                # No links here, or an old pointer that a link cannot replace.
                temporary.unlink(missing_ok=True)
                temporary.write_text(self.path.name + "\n", encoding="utf-8")
                temporary.replace(latest)
        except OSError:
            # The run itself is whole; `bakeoff list` still names it.
            temporary.unlink(missing_ok=True)
            self.log(f"{latest} could not be pointed at this run")


def harmless_cell(cell: object) -> object:
    """A cell of a table; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    is_formula = isinstance(cell, str) and cell.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{cell}" if is_formula or (isinstance(cell, str) and cell[:1] in ("\t", "\r", "\n")) else cell
