"""Rows that do not fit on a device: the same training, in blocks."""

import jax
import numpy as np
import pytest

from bakeoff.dense import Distortion, Image, Member, NetworkSpec, Rates, Task, TrainingSpec, fit_population
from bakeoff.dense import _streaming as streaming
from bakeoff.dense._plan import Batches
from bakeoff.dense._state import Data

N_ROWS, SIDE = 150, 4


@pytest.fixture(scope="module")
def task() -> Task:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, N_ROWS).astype(np.int32)
    rows = random.integers(0, 200, (N_ROWS, SIDE * SIDE)).astype(np.uint8)
    rows[np.arange(N_ROWS), labels] = 255
    return Task(rows, labels, "standard", 255, random.uniform(0.5, 2, N_ROWS))


def members_of(kind: str) -> list[Member]:
    """Of unequal folds, or of one fold and several rates, or wide ones that train one after the other."""
    everything = np.arange(N_ROWS)
    if kind == "rates":
        return [
            Member(4, everything[:100], everything[100:], 3, Rates(learning_rate=rate, dropout=0.1))
            for rate in (0.01, 0.03)
        ]
    return [
        Member(seed, np.roll(everything, 10 * seed)[: 100 - 20 * seed], np.roll(everything, 10 * seed)[100:], 3 + seed,
               Rates(learning_rate=0.01, dropout=0.1), distortion=Distortion(shift=0.1))
        for seed in range(2)
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "units"), [("folds", 6), ("rates", 6), ("folds", 512)])
def test_training_in_blocks_is_training_with_all_rows_on_the_device(
    task: Task, kind: str, units: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = NetworkSpec(SIDE * SIDE, (units,), 3, batch_normalization=True, precision="float64")
    image = {"distortions": ("shift",), "image": Image(SIDE, SIDE, 1, 255)} if kind == "folds" else {}
    spec = TrainingSpec(network, (0, 1, 2), batch_size=8, uses_dropout=True, uses_l2=True, schedule="cosine", **image)
    members = members_of(kind)
    whole = fit_population(spec, task, members)
    monkeypatch.setattr(streaming, "_MOST_BYTES", 1)
    monkeypatch.setattr(streaming, "_BLOCK_BYTES", 3 * 8 * 16 * 2)  # three steps of two streams
    monkeypatch.setattr("bakeoff.dense._trainer.SCORING_ROWS", 40)
    streamed = fit_population(spec, task, members)
    for one, other in zip(whole.members, streamed.members, strict=True):
        assert one.history.keys() == other.history.keys()
        for name, values in one.history.items():
            assert other.history[name] == pytest.approx(values, rel=1e-10), name
        for a, b in zip(
            jax.tree.leaves(one.network.parameters), jax.tree.leaves(other.network.parameters), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_blocks_hold_every_step_once_with_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    rows = random.integers(0, 256, (50, 6)).astype(np.uint8)
    index = random.integers(0, 50, (7, 2, 5)).astype(np.int32)
    counts = np.array([[5, 5]] * 5 + [[5, 0], [2, 0]], np.int32)
    data = Data(rows, np.arange(50, dtype=np.int32), None, None, np.arange(50.0))
    monkeypatch.setattr(streaming, "_BLOCK_BYTES", 3 * 2 * 5 * 6)
    blocks = list(streaming.blocks_of(data, Batches(index, counts)))
    assert [len(own.index) for _, own in blocks] == [3, 3, 1]
    assert all(own.steps_of_epoch.tolist() == [7, 5] for _, own in blocks)
    seen = np.concatenate([each.rows[own.index] for each, own in blocks])
    np.testing.assert_array_equal(seen, rows[index])
    np.testing.assert_array_equal(np.concatenate([each.columns[own.index] for each, own in blocks]), index)
    np.testing.assert_array_equal(np.concatenate([each.sample_weights[own.index] for each, own in blocks]), index)
    np.testing.assert_array_equal(np.concatenate([own.counts for _, own in blocks]), counts)


def test_a_device_holds_what_its_memory_has_room_for() -> None:
    class FakeDevice:
        platform = "gpu"

        def memory_stats(self) -> dict[str, int]:
            return {"bytes_limit": 8_000}

    assert not streaming.are_streamed(FakeDevice(), 2_000)
    assert streaming.are_streamed(FakeDevice(), 2_001)
