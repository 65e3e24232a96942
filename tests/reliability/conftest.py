"""Commands that are started as a user starts them, and what they leave."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.store import Store
from bakeoff.testing import make_blurs

_OPTIONS = {
    "run": ("--contestants", "dense,svc,forest", "--seeds", "3", "--no-probes"),
    "study": ("--levels", "4,8,16"),
    "tune": ("--contestants", "dense,knn", "--fits", "8", "--seeds", "2"),
}
_FILES = {"run": "results.json", "study": "study.json", "tune": "tuning.json"}
_NOT_COMPARED = {
    # Times, and what tells of them; some findings are of times.
    "seconds", "created", "command", "sentence", "openings", "folder", "predict_one_ms", "load",
    "findings",
    "reused", "bytes", "n_bytes",  # a model file names objects by where they lay in memory
}  # fmt: skip


@dataclass(frozen=True)
class Command:
    """`bakeoff run`, `study` or `tune` on a small table."""

    name: str
    data: Path
    cache: Path

    def start(self, workspace: Path, to: Path | None = None) -> subprocess.Popen[bytes]:
        """A process; what it prints goes to ``<workspace>.txt``, or another file."""
        what = ["study", "width"] if self.name == "study" else [self.name]
        workspace.mkdir(exist_ok=True)
        with (to or self.printed(workspace)).open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "bakeoff", *what, str(self.data), *_OPTIONS[self.name], "--threads", "1", "-q",
                 "--workspace", str(workspace)],
                env={**os.environ, "BAKEOFF_CACHE": str(self.cache)},
                stdout=output,
                stderr=output,
            )  # fmt: skip

    @staticmethod
    def printed(workspace: Path) -> Path:
        return workspace.with_suffix(".txt")

    def finish(self, workspace: Path) -> float:
        """Run to the end; seconds."""
        begun = time.monotonic()
        status = self.start(workspace).wait(600)
        assert status == 0, self.printed(workspace).read_text()
        return time.monotonic() - begun

    def outcomes(self, workspace: Path) -> list[Any]:
        """What each folder that was finished says, without names, dates and times, and all its predictions."""
        found = sorted((workspace / "runs").glob(f"*/{_FILES[self.name]}"))
        return [_outcome(path) for path in found if not path.parent.is_symlink()]

    def outcome(self, workspace: Path) -> Any:
        """That of the last one."""
        return self.outcomes(workspace)[-1]


def _outcome(path: Path) -> Any:
    arrays = {}
    for each in sorted(path.parent.glob("predictions/*.npz")):
        with np.load(each) as archive:
            arrays |= {f"{each.name}/{name}": archive[name].tobytes() for name in archive.files}
    return _timeless(json.loads(path.read_text())), arrays


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(each) for name, each in value.items() if name not in _NOT_COMPARED}
    return [_timeless(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of small images."""
    dataset = make_blurs(240)
    folder = tmp_path_factory.mktemp("data")
    path = folder / "blurs.npz"
    np.savez(path, X=dataset.X_train, y=dataset.y_train)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that all processes share: a kill may come while one is being written there, too."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def command(data: Path, cache: Path) -> Callable[[str], Command]:
    """A command by its name."""
    return lambda name: Command(name, data, cache)


@pytest.fixture
def timeless() -> Callable[[Any], Any]:
    """Results without what differs between two runs: names, dates, times."""
    return _timeless


@pytest.fixture
def fits_in() -> Callable[[Path], dict[str, bytes]]:
    """Every finished fit that a workspace's store can give: its key, and what it predicted."""

    def found_in(workspace: Path) -> dict[str, bytes]:
        if not (workspace / "bakeoff.sqlite").exists():
            return {}
        with Store(workspace) as store:
            assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            keys = [row[0] for row in store._connection.execute("SELECT key FROM fits")]
            found = {}
            for key in keys:
                record = store.find_fit(key)
                assert record is not None, f"{key} is in the store, and cannot be read"
                arrays = record.arrays
                found[key] = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
            return found

    return found_in
