"""Checkpoints as files: what was saved comes back, and what is damaged, foreign or too large is refused."""

import json
import os
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from bakeoff.errors import DataError, StoreError
from bakeoff.store import CheckpointFile, remove_stale_checkpoints
from bakeoff.types import Snapshot

NAME = "family-version-00ff"
ENOUGH = 100_000


def a_snapshot() -> Snapshot:
    random = np.random.default_rng(0)
    arrays = {
        "state.w": random.normal(size=(2, 3, 4)).astype(np.float32),
        "state.turned": np.asfortranarray(random.normal(size=(3, 5))),
        "state.step": np.array(7, np.int32),
        "state.key": np.array([0, 2**32 - 1], np.uint32),
        "is_done": np.array([True, False]),
        "history.0.val_loss": np.array([np.nan, np.inf, 0.1, -0.0, 5e-324]),
        "empty": np.zeros((0, 3)),
    }
    return Snapshot(arrays, {"epoch": 3, "seconds": 0.1 + 0.2, "reasons": [None, "the loss became nan “here”"]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = CheckpointFile(tmp_path, NAME)
    assert file.load(ENOUGH) is None
    file.save(a_snapshot())
    return tmp_path / f"{NAME}.safetensors"


def loaded(path: Path, name: str = NAME, most_bytes: int = ENOUGH) -> Snapshot | None:
    return CheckpointFile(path.parent, name).load(most_bytes)


def test_a_snapshot_comes_back_bit_for_bit(path: Path) -> None:
    found, saved = loaded(path), a_snapshot()
    assert found is not None
    assert found.facts == saved.facts
    assert found.arrays.keys() == saved.arrays.keys()
    for name, array in saved.arrays.items():
        assert (found.arrays[name].dtype, found.arrays[name].shape) == (array.dtype, array.shape)
        assert found.arrays[name].tobytes() == array.tobytes()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def rewritten(content: bytes, **metadata: Any) -> bytes:
    (length,) = struct.unpack("<Q", content[:8])
    old = json.loads(content[8 : 8 + length])["__metadata__"]
    return bytes(save(load(content), {**old, **metadata}))


def flipped(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


DAMAGE = {
    "empty": lambda content: b"",
    "shorter than its header's length": lambda content: content[:5],
    "cut in the header": lambda content: content[:60],
    "cut in the arrays": lambda content: content[:-9],
    "longer": lambda content: content + b"\0" * 8,
    "zeros": lambda content: b"\0" * len(content),
    "a header of 2**60 bytes": lambda content: struct.pack("<Q", 2**60) + content[8:],
    "a bit of the last array": lambda content: flipped(content, -1),
    "a bit of the middle": lambda content: flipped(content, len(content) * 3 // 4),
    "a pickle": lambda content: b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
    "another format": lambda content: rewritten(content, format="bakeoff-checkpoint-2"),
    "another job": lambda content: rewritten(content, job="family-version-00fe"),
    "other facts": lambda content: rewritten(content, facts='{"epoch": 8}'),
    "facts that are no JSON": lambda content: rewritten(content, facts="{"),
    "other seconds": lambda content: rewritten(content, spent_seconds="1e9"),
    "no number of seconds": lambda content: rewritten(content, spent_seconds="nan"),
    "no metadata": lambda content: bytes(save(load(content))),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_and_can_be_written_again(path: Path, damage: str) -> None:
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(DataError, match=r"it (is|has|cannot)"):
        loaded(path)
    CheckpointFile(path.parent, NAME).save(a_snapshot())
    assert loaded(path) is not None


def test_every_flipped_bit_of_the_header_is_refused_or_harmless(path: Path) -> None:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    for place in range(8 + length):
        path.write_bytes(flipped(content, place))
        try:
            found = loaded(path)
        except DataError:
            continue
        assert found is not None
        assert found.facts == a_snapshot().facts  # a bit of the spaces that fill the header up
        assert found.arrays.keys() == a_snapshot().arrays.keys()


def test_a_file_of_another_job_is_not_trusted(path: Path) -> None:
    path.rename(path.with_name("other.safetensors"))
    with pytest.raises(DataError, match="of another job"):
        loaded(path, "other")


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with path.open("ab") as file:
        file.truncate(10**12)  # takes no space, and more memory than there is
    with pytest.raises(DataError, match="too large: 1,000,000,000,000 bytes"):
        loaded(path)


def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.safetensors").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        CheckpointFile(tmp_path, NAME).load(ENOUGH)
    assert CheckpointFile(tmp_path, NAME).spent_seconds() == 0.0
    CheckpointFile(tmp_path, NAME).remove()


def test_a_disk_without_space_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        CheckpointFile(tmp_path / "file", NAME).save(a_snapshot())


def test_seconds_add_up_over_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for spent, expected in ((40.0, 40.0), (5.0, 45.0)):
        file = CheckpointFile(tmp_path, NAME)
        now[0] += 500  # the job waits for its turn
        file.load(ENOUGH)
        now[0] += spent
        file.save(a_snapshot())
        assert CheckpointFile(tmp_path, NAME).spent_seconds() == expected
    file.remove()
    assert file.spent_seconds() == 0.0


def test_writing_takes_at_most_a_fiftieth_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    file = CheckpointFile(tmp_path, NAME, interval_seconds=60.0)
    file.load(ENOUGH)
    due = []
    for price in (1.0, 3.0, 1.0):
        while not file.is_due():
            now[0] += 1.0
        due.append(now[0])
        now[0] += price
        file.save(a_snapshot())
    # The second took 3 s and ended at 124, so the next comes 150 s later.
    assert due == [60.0, 121.0, 274.0]


def test_stale_files_are_taken_away_and_no_others(tmp_path: Path) -> None:
    old = time.time() - 31 * 24 * 3600
    yesterday = time.time() - 25 * 3600
    ages = {
        "dense-v2-a.safetensors": None,
        "dense-v1-a.safetensors": None,
        "other-v1-a.safetensors": None,
        "dense-v2-old.safetensors": old,
        ".dense-v2-a.safetensors.00.tmp": None,
        ".dense-v2-a.safetensors.01.tmp": yesterday,
        ".other-v2-a.safetensors.02.tmp": yesterday,
        "notes.txt": old,
    }
    for name, age in ages.items():
        (tmp_path / name).write_text("")
        if age is not None:
            os.utime(tmp_path / name, (age, age))
    remove_stale_checkpoints(tmp_path, "dense", "v2")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".dense-v2-a.safetensors.00.tmp",
        "dense-v2-a.safetensors",
        "notes.txt",
        "other-v1-a.safetensors",
    ]
    CheckpointFile(tmp_path, "dense-v2-a").remove()
    assert not list(tmp_path.glob("*dense*"))
    remove_stale_checkpoints(tmp_path / "none", "dense", "v2")
