"""A finished (or interrupted) run, read back from its folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bakeoff.errors import InputError, StoreError

__all__ = ["Run", "open_run", "read_of_schema"]

_LARGEST_RESULTS = 1 << 28


@dataclass(frozen=True)
class Run:
    """One run, as its folder tells it.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @cached_property
    def results(self) -> Mapping[str, Any]:
        """What ``results.json`` holds; see ``docs/results.md``."""
        path = self.folder / "results.json"
        if not path.exists():
            raise StoreError(
                f"{self.folder}: holds no results.json: the run did not finish; the same command again finishes it"
            )
        return read_of_schema(path, 1)

    @property
    def verdict(self) -> str:
        """The answer in words."""
        return str(self.results["verdict"])

    @property
    def name(self) -> str:
        """Folder name of the run."""
        return self.folder.name

    def contestant(self, name: str) -> Mapping[str, Any]:
        """What the results say of one contestant.

        Raises
        ------
        InputError
            If the run has none of that name.
        """
        known = {entry["name"]: entry for entry in self.results["contestants"]}
        if name not in known:
            raise InputError(f"no contestant {name!r} in {self.name}; it has {', '.join(known)}")
        entry: Mapping[str, Any] = known[name]
        return entry

    @property
    def exit_status(self) -> int:
        """0, or 1 where a fit failed or timed out."""
        return 0 if all(entry["status"] == "ok" for entry in self.results["contestants"]) else 1


def read_of_schema(path: Path, schema: int) -> Mapping[str, Any]:
    """A JSON file that a run, a study or a search left.

    Raises
    ------
    StoreError
        If it cannot be read, is larger than any that is written, or is of another schema.
    """
    try:
        if path.stat().st_size > _LARGEST_RESULTS:
            raise StoreError(f"{path}: larger than any run writes ({_LARGEST_RESULTS >> 20} MiB)")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from None
    if not isinstance(content, dict) or content.get("schema") != schema:
        raise StoreError(f"{path}: is not of schema {schema}, which this release of Bakeoff reads")
    return content


def open_run(where: str | Path, workspace: Path | None = None) -> Run:
    """Find a run by its folder, by its name in the workspace, or ``latest``.

    Raises
    ------
    InputError
        If there is none.
    """
    runs = (workspace or Path.cwd()) / "runs"
    try:
        for folder in (Path(where), runs / where):
            pointed = _follow(folder)
            if pointed.is_dir() and ((pointed / "results.json").exists() or (pointed / "log.txt").exists()):
                return Run(pointed.resolve())
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror or error}") from None
    raise InputError(f"{where}: no run of that name here; `bakeoff list` shows the runs of this folder")


def _follow(path: Path) -> Path:
    """Where links do not exist, ``latest`` is a file that holds a folder's name."""
    if path.is_file() and path.name == "latest" and path.stat().st_size < 1024:
        return path.parent / path.read_text(encoding="utf-8").strip()
    return path
