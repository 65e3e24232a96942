"""The store: what was saved is whole or not there, and openings are remembered by rows."""

import json
import multiprocessing
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from bakeoff.errors import StoreError
from bakeoff.store import FitRecord, RunRecord, Store, write_atomically, write_folder_atomically


def a_fit(key: str = "ab" * 32, fit_seconds: float = 1.5) -> FitRecord:
    return FitRecord(
        key=key,
        family="svc",
        contestant="svc",
        seed=3,
        stage="refit",
        facts={"seconds": {"fit": fit_seconds}, "epochs": None, "history": {"loss": [0.5, 0.25]}},
        arrays={"test_labels": np.array([1, 0, 2], np.int32), "test_scores": np.eye(3, dtype=np.float32)},
        model_files={"model.skops": b"\x00\x01", "model.json": b"{}"},
    )


def test_a_fit_comes_back_as_it_was_saved(workspace: Path) -> None:
    with Store(workspace) as store:
        store.save_fit(a_fit())
    with Store(workspace) as store:
        found = store.find_fit("ab" * 32)
    assert found is not None
    assert found.facts == a_fit().facts
    assert found.model_files == a_fit().model_files
    for name, array in a_fit().arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


def test_a_fit_whose_artifacts_are_gone_is_not_found(workspace: Path) -> None:
    with Store(workspace) as store:
        store.save_fit(a_fit())
        (workspace / "artifacts" / "fits" / "ab" / ("ab" * 32) / "predictions.npz").unlink()
        assert store.find_fit("ab" * 32) is None


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 and no more", b"no archive at all"])
def test_a_damaged_fit_is_not_found_and_can_be_saved_again(workspace: Path, damage: bytes) -> None:
    with Store(workspace) as store:
        store.save_fit(a_fit())
        (workspace / "artifacts" / "fits" / "ab" / ("ab" * 32) / "predictions.npz").write_bytes(damage)
        assert store.find_fit("ab" * 32) is None
        store.save_fit(a_fit())
        assert store.find_fit("ab" * 32) is not None


def test_a_fit_without_its_row_is_not_found(workspace: Path) -> None:
    """A kill between the artifacts and the row leaves a folder that no row names."""
    with Store(workspace) as store:
        write_folder_atomically(workspace / "artifacts" / "fits" / "ab" / ("ab" * 32), {"predictions.npz": b"x"})
        assert store.find_fit("ab" * 32) is None


def test_saving_again_takes_the_new_clock_and_keeps_the_predictions(workspace: Path) -> None:
    with Store(workspace) as store:
        store.save_fit(a_fit(fit_seconds=1.0))
        store.save_fit(a_fit(fit_seconds=9.0))
        found = store.find_fit("ab" * 32)
    assert found is not None
    assert found.facts["seconds"] == {"fit": 9.0}


def test_runs_are_listed_newest_first_and_brought_up_to_date(workspace: Path) -> None:
    with Store(workspace) as store:
        store.save_run(RunRecord("a-1", "2026-01-01", "a", "00", "running", ""))
        store.save_run(RunRecord("b-2", "2026-01-02", "b", "00", "done", "b wins"))
        store.save_run(RunRecord("a-1", "2026-01-01", "a", "00", "done", "a wins"))
        assert [(run.folder, run.status, run.verdict) for run in store.runs()] == [
            ("b-2", "done", "b wins"),
            ("a-1", "done", "a wins"),
        ]


def test_a_database_of_a_later_release_is_refused_and_left_alone(workspace: Path) -> None:
    with sqlite3.connect(workspace / "bakeoff.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has schema 99; this release of Bakeoff reads up to"):
        Store(workspace)


def test_a_file_that_is_no_database_is_said_so(workspace: Path) -> None:
    (workspace / "bakeoff.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(StoreError, match=r"bakeoff\.sqlite: file is not a database"):
        Store(workspace)


def _open_store(workspace: str) -> None:
    with Store(Path(workspace)) as store:
        store.save_fit(a_fit())


def test_processes_that_begin_at_once_share_one_workspace(workspace: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_open_store, args=(str(workspace),)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with Store(workspace) as store:
        assert store.find_fit("ab" * 32) is not None


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "deep" / "a.json", json.dumps({"a": 1}))
    write_atomically(path, json.dumps({"a": 2}))
    assert json.loads(path.read_text()) == {"a": 2}
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "write", [write_atomically, lambda path, content: write_folder_atomically(path, {"x": content})]
)
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bakeoff.store._files.os.fsync", full)
    with pytest.raises(StoreError, match=r"a\.bin: cannot be written: No space left on device"):
        write(tmp_path / "a.bin", b"123")  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may write anywhere, so the refusal is the operating system's own error, raised by hand."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match="cannot be written to: Permission denied"):
        Store(tmp_path / "no")


def test_a_finished_folder_is_kept_when_another_process_was_first(tmp_path: Path) -> None:
    write_folder_atomically(tmp_path / "f", {"a": b"first"})
    write_folder_atomically(tmp_path / "f", {"a": b"second"})
    assert (tmp_path / "f" / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert stat.S_ISDIR((tmp_path / "f").stat().st_mode)
