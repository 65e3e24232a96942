"""Training that stops and goes on from a snapshot is the training that never stopped, bit for bit."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from bakeoff.dense import EarlyStopping, Member, NetworkSpec, Plateau, Rates, Task, TrainingSpec, fit_population
from bakeoff.errors import StoreError
from bakeoff.types import Snapshot

N_ROWS, N_FEATURES, N_CLASSES = 120, 8, 3
EPOCHS = 9


class Stopped(Exception):
    """What ends a training in these tests."""


class Memory:
    """Checkpoints that keep every snapshot, and give the last, its arrays in another order as files do."""

    def __init__(self, *snapshots):
        self.snapshots = list(snapshots)

    def load(self, most_bytes):
        if not self.snapshots:
            return None
        last = self.snapshots[-1]
        return Snapshot(dict(reversed(last.arrays.items())), last.facts)

    def is_due(self):
        return True

    def save(self, snapshot):
        self.snapshots.append(snapshot)


@pytest.fixture(scope="module")
def task():
    random = np.random.default_rng(0)
    labels = random.integers(0, N_CLASSES, N_ROWS).astype(np.int32)
    centres = random.integers(0, 255, (N_CLASSES, N_FEATURES))
    rows = np.clip(centres[labels] + random.normal(0, 60, (N_ROWS, N_FEATURES)), 0, 255).astype(np.uint8)
    return Task(rows, labels, "standard", 255)


def spec_of(precision, **changes):
    network = NetworkSpec(N_FEATURES, (7, 6), N_CLASSES, batch_normalization=True, precision=precision)
    spec = TrainingSpec(
        network, tuple(range(N_CLASSES)), batch_size=16, optimizer="adam", schedule="plateau", uses_dropout=True,
        uses_ema=True,
    )  # fmt: skip
    return replace(spec, **changes)


def members(**decisions):
    """Streams of 90, 71 and 50 rows: some stop early, some lower their rate, one ends before the others."""
    decisions = {
        "early_stopping": EarlyStopping("val_loss", patience=2, min_delta=0.1),
        "plateau": Plateau("val_loss", patience=1, factor=0.5, min_delta=0.5),
        **decisions,
    }
    own = []
    for seed, n_train in ((1, 90), (2, 71), (3, 50)):
        rows = np.random.default_rng(seed).permutation(N_ROWS)
        rates = Rates(learning_rate=0.03 * seed, dropout=0.1 * seed, ema_momentum=0.9)
        own.append(Member(seed, rows[:n_train], rows[n_train:], EPOCHS, rates, **decisions))
    own[1] = replace(own[1], epochs=2, early_stopping=None)
    return own


def stop_after(epochs):
    def progress(news):
        if news.get("epoch") == epochs and "loss" in news:
            raise Stopped

    return progress


def snapshot_after(epochs, spec, task, own):
    kept = Memory()
    with pytest.raises(Stopped):
        fit_population(spec, task, own, stop_after(epochs), checkpoints=kept)
    assert len(kept.snapshots) == epochs
    return kept.snapshots[-1]


def assert_bits_equal(one, other):
    assert one.epochs == other.epochs
    assert one.reason == other.reason
    assert list(one.history.items()) == list(other.history.items())
    for part in ("parameters", "averages", "scaling"):
        mine, theirs = (jax.tree.leaves(getattr(each.network, part)) for each in (one, other))
        assert [leaf.tobytes() for leaf in mine] == [leaf.tobytes() for leaf in theirs]


@pytest.fixture(scope="module")
def never_stopped(task):
    """By precision."""
    return {precision: fit_population(spec_of(precision), task, members()) for precision in ("float32", "float64")}


@pytest.fixture(scope="module")
def snapshot(task):
    return snapshot_after(3, spec_of("float32"), task, members())


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("epochs", [1, 3, 5])
def test_training_that_goes_on_is_training_that_never_stopped(task, never_stopped, precision, epochs):
    spec, own, whole = spec_of(precision), members(), never_stopped[precision]
    told = []
    resumed = fit_population(spec, task, own, told.append, checkpoints=Memory(snapshot_after(epochs, spec, task, own)))
    for one, other in zip(resumed.members, whole.members, strict=True):
        assert_bits_equal(one, other)
    assert told[0] == {"checkpoint": "used", "epoch": epochs, "epochs": EPOCHS}
    assert told[1]["epoch"] == epochs + 1
    # What these settings are there for has happened: stopped early, lowered, ended before the others.
    lengths = [len(one.history["loss"]) for one in whole.members]
    assert whole.members[0].epochs == lengths[0] - 2 < EPOCHS - 2
    assert lengths[1] == 2
    assert min(whole.members[2].history["learning_rate"]) < 0.09


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "uses_momentum": True, "schedule": "cosine"},
        {"optimizer": "rmsprop", "uses_momentum": True},
        {"optimizer": "adamw", "uses_weight_decay": True, "uses_ema": False, "train_scores": "none"},
    ],
)
def test_every_optimizer_goes_on(task, changes):
    network = NetworkSpec(N_FEATURES, (5,), N_CLASSES)  # builds faster
    spec = spec_of("float32", network=network, **changes)
    own = members(early_stopping=None, plateau=None)
    whole = fit_population(spec, task, own)
    resumed = fit_population(spec, task, own, checkpoints=Memory(snapshot_after(4, spec, task, own)))
    for one, other in zip(resumed.members, whole.members, strict=True):
        assert_bits_equal(one, other)


def test_a_member_that_failed_before_the_break_has_its_reason_after_it(task):
    spec = TrainingSpec(
        NetworkSpec(N_FEATURES, (5,), N_CLASSES, output_activation="linear"), tuple(range(N_CLASSES)), 16,
        loss="mean_squared_error", optimizer="sgd",
    )  # fmt: skip
    own = [replace(each, early_stopping=None, plateau=None) for each in members()]
    own[0] = replace(own[0], rates=Rates(learning_rate=1e9))
    whole = fit_population(spec, task, own)
    resumed = fit_population(spec, task, own, checkpoints=Memory(snapshot_after(4, spec, task, own)))
    assert whole.members[0].reason is not None
    assert repr(whole.members[0].history) == repr(resumed.members[0].history)  # NaN is not equal to itself
    assert whole.members[0].reason == resumed.members[0].reason
    assert_bits_equal(resumed.members[2], whole.members[2])


def test_the_clock_counts_both_parts(task, snapshot):
    spec, own = spec_of("float32"), members()
    assert 0 < snapshot.facts["seconds"] < 60
    before = Snapshot(snapshot.arrays, {**snapshot.facts, "seconds": 1000.0})
    assert 1000 < fit_population(spec, task, own, checkpoints=Memory(before)).seconds_fit < 1060


def changed(snapshot, arrays=None, facts=None, drop=()):
    kept = {name: array for name, array in snapshot.arrays.items() if name not in drop}
    return Snapshot({**kept, **(arrays or {})}, {**snapshot.facts, **(facts or {})})


ARRAYS = {
    "another shape": {"state.parameters.0.w": np.zeros((3, 1, 7, 9), np.float32)},
    "another type": {"state.parameters.0.b": np.zeros((3, 1, 7), np.float64)},
    "an unknown array": {"state.parameters.9.w": np.zeros(2, np.float32)},
    "a history of another length": {"history.0.loss": np.zeros(2)},
    "a history of two axes": {"history.0.loss": np.zeros((3, 1))},
    "no axis at all": {"history.0.loss": np.float64(0)},
    "a score that nobody knows": {"history.0.cost": np.zeros(3)},
    "more best epochs than epochs": {"epochs": np.array([4, 2, 3])},
    "an end without weights": {"is_done": np.array([True, True, True]), "epochs": np.array([0, 2, 0])},
}
FACTS = {
    "epoch": [0, EPOCHS + 1, 3.0, True, "3", None],
    "seconds": [-1.0, float("nan"), 3, "1"],
    "device": ["tpu v9", None],
    "reasons": [[], [None] * 4, [None, 1, None], "reasons", None],
    "more": [1],
}


MISSING = {
    "a missing array": "state.moments.mean.1.w",
    "a missing history": "history.2.loss",
    "missing weights": "kept.1.0.2.b",
}


def wrong_snapshots(snapshot, what):
    if what in ARRAYS:
        return [changed(snapshot, ARRAYS[what])]
    if what in FACTS:
        return [changed(snapshot, facts={what: value}) for value in FACTS[what]]
    assert MISSING[what] in snapshot.arrays
    return [changed(snapshot, drop=[MISSING[what]])]


@pytest.mark.parametrize("what", [*ARRAYS, *FACTS, *MISSING])
def test_a_snapshot_of_another_training_is_told_and_not_used(task, snapshot, what):
    for wrong in wrong_snapshots(snapshot, what):
        told = []

        def tell_and_stop(news, told=told):
            told.append(news)
            stop_after(1)(news)

        with pytest.raises(Stopped):
            fit_population(spec_of("float32"), task, members(), tell_and_stop, checkpoints=Memory(wrong))
        assert told[0]["checkpoint"] == "ignored"
        assert told[0]["reason"].startswith("it is of another training: ")
        assert told[1]["epoch"] == 1


def test_nothing_of_a_snapshot_that_is_not_used_is_left_in_the_training(task, snapshot, never_stopped):
    wrong = changed(snapshot, {"more": np.zeros(1)})
    fitted = fit_population(spec_of("float32"), task, members(), checkpoints=Memory(wrong))
    for one, other in zip(fitted.members, never_stopped["float32"].members, strict=True):
        assert_bits_equal(one, other)


def test_a_snapshot_of_more_members_is_not_used(task, snapshot):
    def stop(news):
        assert news["checkpoint"] == "ignored"
        raise Stopped

    with pytest.raises(Stopped):
        fit_population(spec_of("float32"), task, members()[:2], stop, checkpoints=Memory(snapshot))


def test_training_goes_on_where_no_snapshot_can_be_kept(task, never_stopped):
    class Full(Memory):
        def save(self, snapshot):
            raise StoreError("no space")

    told = []
    fitted = fit_population(spec_of("float32"), task, members(), told.append, checkpoints=Full())
    assert [news for news in told if "checkpoint" in news] == [{"checkpoint": "not written", "reason": "no space"}]
    for one, other in zip(fitted.members, never_stopped["float32"].members, strict=True):
        assert_bits_equal(one, other)
