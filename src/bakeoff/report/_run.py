"""A run folder as the report reads it: `docs/results.md` is the contract."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import DAMAGED_ARRAYS, StoreError
from bakeoff.types import Images

__all__ = ["Mistakes", "StoredRun", "read_run"]

_SCHEMA = 1
_LIMIT_BYTES = 512 * 1024**2  # a run comes from someone's disk: no more than this is taken into memory at once


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """Rows that a contestant got most wrong.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, 3) uint8
    said, true : (n,) class indices
    confidence : (n,) float, NaN without probabilities
    row : (n,) row numbers
    """

    images: Images
    said: NDArray[np.integer[Any]]
    true: NDArray[np.integer[Any]]
    confidence: NDArray[np.floating[Any]]
    row: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class StoredRun:
    """Everything that a run left and the report shows.

    Parameters
    ----------
    folder : Path
    results : mapping
        ``results.json``.
    environment : mapping
        ``environment.json``; empty where there is none.
    recipe : str
        ``recipe.yaml`` as text; empty where there is none.
    pictures : mapping of array name to array
        ``pictures.npz``; empty for plain rows.
    added_claims : mapping
        ``claims.json``; empty where no published figures were added after the run.
    tuning : mapping
        ``tuning.json``; empty where no settings were searched.
    learning_curve : mapping
        ``learning_curve.json``; empty where no study of training sizes was there.
    """

    folder: Path
    results: Mapping[str, Any]
    environment: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = ""
    pictures: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    added_claims: Mapping[str, Any] = field(default_factory=dict)
    learning_curve: Mapping[str, Any] = field(default_factory=dict)
    tuning: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any]:
        """One object of ``results.json``, empty where it is missing or null."""
        return self.results.get(name) or {}

    def entries(self, name: str) -> Sequence[Mapping[str, Any]]:
        """One list of ``results.json``, empty where it is missing or null."""
        return self.results.get(name) or ()

    @property
    def claims(self) -> Sequence[Mapping[str, Any]]:
        """Published figures that were checked: those of the recipe, then those that were added."""
        return [*self.entries("claims"), *(self.added_claims.get("claims") or ())]

    @property
    def claim_sentences(self) -> Sequence[str]:
        """What they amount to together."""
        known = self.added_claims.get("claim_sentences") or self.results.get("claim_sentences")
        return list(known or ())

    def mistakes(self, contestant: str) -> Mistakes | None:
        """The pictures of what a contestant got most wrong; None where there are none."""
        names = [f"mistakes_{contestant}_{key}" for key in ("images", "said", "true", "confidence", "row")]
        if any(name not in self.pictures for name in names) or not len(self.pictures[names[0]]):
            return None
        return Mistakes(*(self.pictures[name] for name in names))


def read_run(folder: str | Path) -> StoredRun:
    """Read a run folder.

    Raises
    ------
    StoreError
        If it holds no results, cannot be read, or was written by a later release.
    """
    folder = Path(folder)
    results = _json(folder / "results.json")
    if results is None:
        raise StoreError(f"{folder}: a run folder holds results.json, this one does not. Give the folder of a run.")
    if results.get("schema") != _SCHEMA:
        raise StoreError(
            f"{folder / 'results.json'}: this release reads schema {_SCHEMA}, the file has "
            f"{results.get('schema')!r}. Use the release that wrote it, or a later one."
        )
    recipe = folder / "recipe.yaml"
    return StoredRun(
        folder=folder,
        results=results,
        environment=_json(folder / "environment.json") or {},
        recipe=_text(recipe) if recipe.is_file() else "",
        pictures=_arrays(folder / "pictures.npz"),
        added_claims=_json(folder / "claims.json") or {},
        tuning=_json(folder / "tuning.json") or {},
        learning_curve=_json(folder / "learning_curve.json") or {},
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise StoreError(f"{path}: at most {_LIMIT_BYTES // 1024**2} MiB are read, it is larger.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error}).") from None


def _json(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise StoreError(f"{path}: is not JSON (line {error.lineno}: {error.msg}). Run the bake-off again.") from None
    except RecursionError:
        raise StoreError(f"{path}: holds lists in lists without end. Run the bake-off again.") from None
    if not isinstance(content, dict):
        raise StoreError(f"{path}: must hold a JSON object, it holds a {type(content).__name__}.")
    return content


def _arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    if not path.is_file():
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LIMIT_BYTES:
                raise StoreError(f"{path}: at most {_LIMIT_BYTES // 1024**2} MiB of pictures are read, it holds more.")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except DAMAGED_ARRAYS as error:
        raise StoreError(f"{path}: cannot be read as arrays ({error}). Run the bake-off again.") from None
