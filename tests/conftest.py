"""What holds for every test: no network, no graphics window, a workspace of its own, real data only where it is."""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "agg")
# Spinning OpenMP threads starve whatever they wait for when cores are few: one fit took 131 s instead of 3 s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads and remembered answers of a test stay out of the user's own cache."""
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that is also the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("BAKEOFF_DATA"):
        return
    skip = pytest.mark.skip(reason="BAKEOFF_DATA does not name a folder with the real data sets")
    for item in items:
        if item.get_closest_marker("data"):  # the keywords of an item hold the names of its folders too
            item.add_marker(skip)
