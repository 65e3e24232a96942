"""Openings of test labels: what makes two test sets the same rows, and looking without touching."""

from pathlib import Path

import numpy as np
import pytest

from bakeoff.data import DataOptions, load
from bakeoff.errors import StoreError
from bakeoff.store import OpeningHistory, RunRecord, Store, fingerprint_rows


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (50, 16)).astype(np.uint8)


def opened(workspace: Path, rows: np.ndarray, *known: np.ndarray) -> OpeningHistory:
    """Open the known rows, run after run, and ask about others."""
    with Store(workspace) as store:
        for number, some in enumerate(known):
            store.record_opening(fingerprint_rows(some), f"run-{number + 1}", "scores of svc")
        return store.opening_history(fingerprint_rows(rows))


def test_a_reordered_copy_is_the_same_test_set(workspace: Path, rows: np.ndarray) -> None:
    history = opened(workspace, rows, rows, rows[::-1], rows[np.random.default_rng(1).permutation(50)])
    assert [(one.shared_rows, one.same_rows) for one in history.openings] == [(50, True)] * 3
    assert (history.times(), history.times("run-2"), history.n_in_others) == (3, 1, 0)


def test_openings_that_stand_for_many_count_as_many(workspace: Path, rows: np.ndarray) -> None:
    with Store(workspace) as store:
        store.record_opening(fingerprint_rows(rows), "run-1", "watched while training", times=50)
    assert opened(workspace, rows, rows).times() == 51


@pytest.mark.parametrize(
    ("first", "last", "n_shared"), [(0, 20, 20), (10, 50, 40)], ids=["a subset", "a larger subset"]
)
def test_a_part_of_known_test_rows_does_not_start_from_zero(
    workspace: Path, rows: np.ndarray, first: int, last: int, n_shared: int
) -> None:
    part = rows[first:last]
    history = opened(workspace, part, rows)
    assert [(one.shared_rows, one.same_rows) for one in history.openings] == [(n_shared, False)]
    assert history.n_in_others == len(part)


def test_known_test_rows_among_others_do_not_start_from_zero(workspace: Path, rows: np.ndarray) -> None:
    strangers = np.full((5, 16), 7, np.uint8)
    history = opened(workspace, np.concatenate([strangers, rows]), rows[:30], rows[20:40])
    assert [one.shared_rows for one in history.openings] == [30, 20]
    assert history.n_in_others == 40  # the union: the ten rows that are in both count once
    assert opened(workspace, strangers).times() == 0


def test_rows_that_come_twice_make_no_other_test_set(workspace: Path, rows: np.ndarray) -> None:
    history = opened(workspace, np.concatenate([rows, rows[:10]]), rows)
    assert [(one.shared_rows, one.same_rows) for one in history.openings] == [(60, True)]


def test_one_row_changed_by_one_level_is_another_row(workspace: Path, rows: np.ndarray) -> None:
    changed = rows.copy()
    changed[0, 0] ^= 1
    history = opened(workspace, changed, rows)
    assert [(one.shared_rows, one.same_rows) for one in history.openings] == [(49, False)]


def test_what_a_number_is_kept_in_does_not_matter() -> None:
    numbers = np.array([[0.0, 1.5, np.nan], [2.0, -3.25, 7.0]])
    others = np.array([[-0.0, 1.5, -np.nan], [2.0, -3.25, 7.0]], np.float32)
    np.testing.assert_array_equal(fingerprint_rows(numbers), fingerprint_rows(others))
    whole = np.arange(12).reshape(3, 4)
    for kind in (np.uint8, np.int64, np.float32, ">f8"):
        np.testing.assert_array_equal(fingerprint_rows(whole), fingerprint_rows(np.asfortranarray(whole.astype(kind))))


def test_many_rows_have_the_fingerprints_of_few(rows: np.ndarray) -> None:
    """More rows than are hashed at once."""
    many = np.tile(rows, (100, 1))
    np.testing.assert_array_equal(fingerprint_rows(many), np.tile(fingerprint_rows(rows), 100))
    assert fingerprint_rows(rows[:0]).shape == (0,)


def test_the_same_images_are_the_same_rows_in_every_format(tmp_path: Path) -> None:
    """CSV, NPZ, IDX and PNG files of one test set."""
    from PIL import Image  # noqa: PLC0415 - only here

    generator = np.random.default_rng(2)
    images = generator.integers(0, 256, (12, 8, 8)).astype(np.uint8)
    y = np.repeat([0, 1], 6)
    names = ",".join(["label", *(f"pixel{number}" for number in range(64))])
    table = np.column_stack([y, images.reshape(12, 64)])
    np.savetxt(tmp_path / "a.csv", table, fmt="%d", delimiter=",", header=names, comments="")
    np.savez(tmp_path / "a.npz", X=images, y=y)
    for name, array in (("a-images-idx3-ubyte", images), ("a-labels-idx1-ubyte", y.astype(np.uint8))):
        head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
        (tmp_path / name).write_bytes(head + array.tobytes())
    for number, (image, label) in enumerate(zip(images, y, strict=True)):
        (tmp_path / "png" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "png" / str(label) / f"{number:02}.png")
    expected = np.sort(fingerprint_rows(images.reshape(12, 64)))
    for name in ("a.csv", "a.npz", "a-images-idx3-ubyte", "png"):
        for options in (DataOptions(image_shape=(8, 8)), DataOptions(rows=True)):
            if name == "png" and options.rows:
                continue
            X = load(tmp_path / name, options).X_train
            np.testing.assert_array_equal(np.sort(fingerprint_rows(X)), expected, err_msg=f"{name} {options}")


# Looking -------------------------------------------------------------------------------------------------------


def test_looking_changes_nothing_and_refuses_to_write(workspace: Path, rows: np.ndarray) -> None:
    with Store(workspace) as store:
        store.save_run(RunRecord("a-1", "2026-01-01", "a", "00", "done", "a wins"))
        store.record_opening(fingerprint_rows(rows), "a-1", "scores of svc")
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}
    with Store(workspace, read_only=True) as store:
        assert [run.folder for run in store.runs()] == ["a-1"]
        assert [(one.run, one.times, one.n_rows) for one in store.all_openings()] == [("a-1", 1, 50)]
        with pytest.raises(StoreError, match="readonly"):
            store.record_opening(fingerprint_rows(rows), "a-1", "scores of svc")
    after = {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.suffix == ".sqlite"}
    assert after == {path: time for path, time in before.items() if path.suffix == ".sqlite"}


def test_looking_at_a_folder_without_a_database_makes_none(workspace: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        Store(workspace, read_only=True)
    assert list(workspace.iterdir()) == []


def test_looking_goes_on_while_another_process_writes(workspace: Path, rows: np.ndarray) -> None:
    with Store(workspace) as writer:
        writer.record_opening(fingerprint_rows(rows), "a-1", "scores of svc")
        with Store(workspace, read_only=True) as store:
            writer.record_opening(fingerprint_rows(rows), "a-1", "scores of knn")
            assert len(store.all_openings()) == 2


def test_a_folder_nobody_may_write_to_can_be_looked_at(
    workspace: Path, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superuser may write anywhere, so the answer of the operating system is given by hand."""
    with Store(workspace) as store:
        store.record_opening(fingerprint_rows(rows), "a-1", "scores of svc")
    monkeypatch.setattr("bakeoff.store._store.os.access", lambda *_: False)
    with Store(workspace, read_only=True) as store:
        assert len(store.all_openings()) == 1
    assert sorted(path.name for path in workspace.iterdir()) == ["artifacts", "bakeoff.sqlite"]
