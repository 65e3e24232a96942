"""Populations: a member is what it is alone, nothing compiles twice, nothing leaves the device inside an epoch."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from bakeoff.dense import (
    EarlyStopping,
    Member,
    NetworkSpec,
    Plateau,
    Predictor,
    Rates,
    Task,
    TrainingSpec,
    _epoch,
    _scaling,
    _trainer,
    compilations,
    fit_population,
)
from bakeoff.dense._plan import epoch_batches, plan_streams

N_ROWS, N_FEATURES, N_CLASSES = 200, 12, 4


@pytest.fixture(scope="module")
def task():
    random = np.random.default_rng(0)
    labels = random.integers(0, N_CLASSES, N_ROWS).astype(np.int32)
    centres = random.integers(0, 255, (N_CLASSES, N_FEATURES))
    rows = np.clip(centres[labels] + random.normal(0, 50, (N_ROWS, N_FEATURES)), 0, 255).astype(np.uint8)
    return Task(rows, labels, "unit", 255)


def spec_of(precision="float64", **changes):
    network = NetworkSpec(N_FEATURES, (10, 8), N_CLASSES, batch_normalization=changes.pop("normalizes", False),
                          precision=precision)  # fmt: skip
    return TrainingSpec(network, tuple(range(N_CLASSES)), batch_size=16, **changes)


def parts(fold):
    """Folds of unequal sizes: 150, 137 and 129 rows, so 10, 9 and 9 steps an epoch."""
    rows = np.random.default_rng(fold).permutation(N_ROWS)
    n_train = (150, 137, 129)[fold]
    return rows[:n_train], rows[n_train:]


def member(seed, fold=0, epochs=10, rates=None, **decisions):
    train, validation = parts(fold)
    return Member(seed, train, validation, epochs, rates or Rates(learning_rate=0.01), **decisions)


def assert_same_member(one, other, tolerance):
    assert one.epochs == other.epochs
    for a, b in zip(jax.tree.leaves(one.network.parameters), jax.tree.leaves(other.network.parameters), strict=True):
        assert np.abs(a - b).max() <= tolerance * max(1.0, np.abs(b).max())
    assert one.history.keys() == other.history.keys()
    for key, values in one.history.items():
        np.testing.assert_allclose(values, other.history[key], rtol=0, atol=1e-9, err_msg=key)


FULL = {
    "optimizer": "adam",
    "schedule": "cosine",
    "uses_dropout": True,
    "uses_input_dropout": True,
    "uses_l2": True,
    "uses_weight_decay": True,
    "uses_label_smoothing": True,
    "normalizes": True,
}


def full_rates(rate):
    return Rates(
        learning_rate=rate, dropout=0.2, input_dropout=0.1, l2=1e-3, weight_decay=0.01, label_smoothing=0.1,
        warmup_epochs=2.0, total_epochs=11.0,
    )  # fmt: skip


def test_a_member_is_what_it_would_be_alone_to_1e_10_after_100_steps(task):
    spec = spec_of(**FULL)
    # Seeds, folds of different length, rates and numbers of epochs, mixed in one program.
    members = [
        member(3, fold=0, epochs=11, rates=full_rates(0.01)),
        member(3, fold=1, epochs=12, rates=full_rates(0.003)),
        member(8, fold=2, epochs=12, rates=full_rates(0.02)),
    ]
    together = fit_population(spec, task, members)
    for one, own in zip(together.members, members, strict=True):
        alone = fit_population(spec, task, [own]).members[0]
        assert_same_member(one, alone, 1e-10)


def test_members_of_one_seed_share_batches_and_are_still_what_they_would_be_alone(task):
    spec = spec_of("float64", uses_l2=True)
    members = [member(seed, rates=Rates(learning_rate=0.01, l2=l2)) for seed in (1, 2) for l2 in (0.0, 0.01)]
    streams = plan_streams(members)
    assert [stream.members for stream in streams] == [[0, 1], [2, 3]]
    together = fit_population(spec, task, members)
    for one, own in zip(together.members, members, strict=True):
        assert_same_member(one, fit_population(spec, task, [own]).members[0], 1e-10)


def test_members_of_wide_networks_are_what_they_would_be_alone(task):
    # Outputs of layers are kept row by row alone, and unit by unit where two members share their rows.
    network = NetworkSpec(N_FEATURES, (512, 8), N_CLASSES, batch_normalization=True, precision="float64")
    spec = TrainingSpec(network, tuple(range(N_CLASSES)), batch_size=16, uses_dropout=True)
    members = [
        member(seed, epochs=3, rates=Rates(learning_rate=0.01, dropout=drop)) for seed in (1, 2) for drop in (0.0, 0.2)
    ]
    together = fit_population(spec, task, members)
    for one, own in zip(together.members, members, strict=True):
        assert_same_member(one, fit_population(spec, task, [own]).members[0], 1e-10)


def test_wide_networks_of_several_seeds_train_one_after_the_other_to_the_same_weights(task):
    network = NetworkSpec(N_FEATURES, (512, 8), N_CLASSES, batch_normalization=True)
    spec = TrainingSpec(network, tuple(range(N_CLASSES)), batch_size=16, uses_dropout=True, uses_ema=True)
    rates = Rates(learning_rate=0.01, dropout=0.1, ema_momentum=0.5)
    # Of unequal numbers of steps: a shorter one waits for the others.
    members = [member(seed, fold, epochs=3, rates=rates) for seed, fold in ((1, 0), (2, 1), (3, 2))]
    together = fit_population(spec, task, members)
    for one, own, other in zip(together.members, members, [members[1], members[0], members[0]], strict=True):
        # With one of another number of steps beside it, as in the whole: only how many networks there are differs.
        alone = fit_population(spec, task, [own, other]).members[0]
        for a, b in zip(
            jax.tree.leaves(one.network.parameters), jax.tree.leaves(alone.network.parameters), strict=True
        ):
            assert np.array_equal(a, b)
        assert one.history["val_loss"] == pytest.approx(alone.history["val_loss"], rel=1e-6)  # a sum of float32


def test_steps_two_at_a_time_are_the_same_steps(task):
    # 150 and 137 steps, so one remains, and one member does nothing in the last.
    spec = replace(spec_of(uses_l2=True), batch_size=1)
    members = [member(seed, fold, epochs=2) for seed, fold in ((1, 0), (2, 1))]
    by_ones = fit_population(spec, task, members)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_epoch, "_MUCH_WORK", 0.0)
        before = compilations()
        by_twos = fit_population(spec, task, members)
    assert compilations() == before + 1
    for one, other in zip(by_twos.members, by_ones.members, strict=True):
        assert_same_member(one, other, 1e-10)


def test_streams_of_unequal_size_become_one_stream_a_member():
    members = [member(1), member(1), member(2)]
    assert [stream.members for stream in plan_streams(members)] == [[0], [1], [2]]


def test_the_place_of_a_member_does_not_matter(task):
    spec = spec_of("float32", uses_dropout=True)
    members = [member(seed, rates=Rates(learning_rate=0.01, dropout=0.2)) for seed in (5, 6, 7)]
    forward = fit_population(spec, task, members).members
    backward = fit_population(spec, task, members[::-1]).members[::-1]
    for one, other in zip(forward, backward, strict=True):
        # The same program on the same numbers in another order.
        assert_same_member(one, other, 1e-6)


def test_a_change_of_rates_compiles_nothing(task):
    spec = spec_of("float32", **{**FULL, "optimizer": "rmsprop", "uses_momentum": True})
    fit_population(spec, task, [member(0, epochs=1, rates=full_rates(0.01))])
    before = compilations()
    changed = Rates(0.5, 0.3, 0.8, 0.99, 0.8, 1e-5, 0.2, 0.1, 0.5, 0.2, 0.3, 1.0, 9.0, 3.0, 0.5, 1e-4)
    fitted = fit_population(spec, task, [member(1, epochs=3, rates=changed)])
    assert compilations() == before
    assert fitted.seconds_compile == 0


def test_an_epoch_leaves_the_device_alone(task, monkeypatch):
    guarded = []
    original = _trainer.Trainer._call

    def call(self, function, static, arguments):
        program, _ = _trainer.compiled(
            function, static, arguments, donate=0 if function is _trainer.run_epoch else None
        )
        if function is not _trainer.run_epoch:
            return original(self, function, static, arguments)
        with jax.transfer_guard("disallow_explicit"):
            result = program(*arguments)
            guarded.append(len(result[1]))
        return result

    monkeypatch.setattr(_trainer.Trainer, "_call", call)
    fit_population(spec_of("float32"), task, [member(0, epochs=2)])
    # What comes back of an epoch is a handful of numbers a member.
    assert guarded == [7, 7]


def test_members_with_few_epochs_keep_their_weights_while_others_go_on(task):
    spec = spec_of("float64")
    short, long = fit_population(spec, task, [member(1, epochs=3), member(2, epochs=9)]).members
    assert (len(short.history["loss"]), len(long.history["loss"])) == (3, 9)
    assert_same_member(short, fit_population(spec, task, [member(1, epochs=3)]).members[0], 1e-10)


def test_early_stopping_restores_the_best_epoch(task):
    spec = spec_of("float64")
    stopping = EarlyStopping("val_loss", patience=3)
    rates = Rates(learning_rate=0.05)
    fitted = fit_population(spec, task, [member(1, epochs=80, rates=rates, early_stopping=stopping)]).members[0]
    losses = fitted.history["val_loss"]
    assert fitted.epochs == int(np.argmin(losses)) + 1
    assert len(losses) == fitted.epochs + 3 < 80
    again = fit_population(spec, task, [member(1, epochs=fitted.epochs, rates=rates)]).members[0]
    for a, b in zip(jax.tree.leaves(again.network.parameters), jax.tree.leaves(fitted.network.parameters), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_plateau_lowers_the_rate_of_its_member_alone(task):
    spec = spec_of("float32", schedule="plateau")
    plateau = Plateau("val_loss", patience=2, factor=0.5, min_delta=0.0)
    rates = Rates(learning_rate=0.1)
    first, second = fit_population(
        spec, task, [member(1, epochs=25, rates=rates, plateau=plateau), member(2, epochs=25, rates=rates)]
    ).members
    assert second.history["learning_rate"] == pytest.approx([0.1] * 25)
    expected, rate, best, waited = [], 0.1, np.inf, 0
    for loss in first.history["val_loss"]:
        expected.append(rate)
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == 2:
            rate, waited = rate / 2, 0
    assert first.history["learning_rate"] == pytest.approx(expected)
    assert expected[-1] < 0.1


def test_a_loss_that_is_not_a_number_ends_its_member_with_the_reason(task):
    spec = TrainingSpec(
        NetworkSpec(N_FEATURES, (10,), N_CLASSES, output_activation="linear"), tuple(range(N_CLASSES)), 16,
        loss="mean_squared_error", optimizer="sgd",
    )  # fmt: skip
    wild, tame = fit_population(
        spec, task, [member(0, epochs=8, rates=Rates(learning_rate=1e6)), member(1, epochs=8)]
    ).members
    assert wild.reason is not None
    assert wild.reason.endswith("; lower the learning rate")
    assert tame.reason is None
    assert len(tame.history["loss"]) == 8


def test_history_agrees_with_scores_of_the_predictions(task):
    spec = spec_of("float64", train_scores="exact")
    own = member(1, epochs=4)
    fitted = fit_population(spec, task, [own]).members[0]
    predictor = Predictor(fitted.network)
    for prefix, rows in (("", own.train), ("val_", own.validation)):
        probabilities = predictor.probabilities(task.rows[rows])
        said, true = probabilities.argmax(axis=1), task.labels[rows]
        assert fitted.history[f"{prefix}accuracy"][-1] == pytest.approx(accuracy_score(true, said))
        assert fitted.history[f"{prefix}f1"][-1] == pytest.approx(f1_score(true, said, average="macro"))
        if prefix:
            # Probabilities come back as float32.
            exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
            expected = log_loss(true, exact, labels=range(N_CLASSES))
            assert fitted.history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


def test_columns_without_a_class_count_as_wrong_and_predict_no_class():
    rows = np.zeros((8, 2), np.float32)
    labels = np.array([0, 1] * 4, np.int32)
    spec = TrainingSpec(NetworkSpec(2, (), 4), class_columns=(1, 3), batch_size=8)
    fitted = fit_population(spec, Task(rows, labels), [Member(0, np.arange(8), np.arange(8), 1)]).members[0]
    fitted.network.parameters[0]["b"][:] = [9, 0, 0, 1]
    predictor = Predictor(fitted.network)
    outputs = predictor.outputs(rows)
    assert predictor.labels(outputs).tolist() == [-1] * 8
    np.testing.assert_allclose(predictor.of_classes(outputs).sum(axis=1), 1, rtol=1e-6)
    assert predictor.of_classes(outputs)[0, 1] == pytest.approx(np.e / (1 + np.e), rel=1e-4)


def test_standard_scaling_is_fitted_on_each_members_own_rows():
    random = np.random.default_rng(0)
    rows = random.normal(5, 3, (60, 3)).astype(np.float32)
    rows[::7, 1] = np.nan
    rows[:, 2] = 4.0
    labels = (random.random(60) > 0.5).astype(np.int32)
    members = [Member(0, np.arange(30), None, 2), Member(0, np.arange(30, 60), None, 2)]
    spec = TrainingSpec(NetworkSpec(3, (4,), 2), (0, 1), 8, train_scores="none")
    fitted = fit_population(spec, Task(rows, labels, "standard"), members).members
    for own, one in zip(members, fitted, strict=True):
        part = rows[own.train]
        filled = np.where(np.isnan(part), np.nanmedian(part, axis=0), part)
        scaling = one.network.scaling
        scaled = filled * scaling.factor + scaling.offset
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], atol=1e-5)
        assert np.isfinite(one.history["loss"]).all()


def test_pixels_that_hardly_vary_are_not_blown_up(monkeypatch):
    monkeypatch.setattr(_scaling, "_BLOCK_ROWS", 7)
    random = np.random.default_rng(0)
    rows = random.integers(0, 256, (60, 4)).astype(np.uint8)
    rows[:, 2], rows[:, 3] = 4, 0
    rows[[3, 33], 3] = 90  # lit once in the rows of each member
    labels = (random.random(60) > 0.5).astype(np.int32)
    members = [Member(0, np.arange(30), None, 2), Member(0, np.arange(30, 60), None, 2)]
    spec = TrainingSpec(NetworkSpec(4, (4,), 2), (0, 1), 8, train_scores="none")
    fitted = fit_population(spec, Task(rows, labels, "standard", 255), members).members
    for own, one in zip(members, fitted, strict=True):
        part = rows[own.train].astype(np.float64)
        scaled = part * one.network.scaling.factor + one.network.scaling.offset
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
        deviation = part.std(axis=0)
        of_all = np.sqrt((deviation**2).mean())
        np.testing.assert_allclose(scaled.std(axis=0), np.minimum(1, deviation / of_all), rtol=1e-12)
        assert (255 * one.network.scaling.factor).max() < 10


def test_every_epoch_meets_every_row_once_in_a_new_order():
    stream = plan_streams([member(4)])
    orders = [epoch_batches(stream, epoch, 16) for epoch in (0, 1)]
    for order in orders:
        assert order.counts.sum() == 150
        assert order.counts[-1, 0] == 150 - 9 * 16
        met = order.index.reshape(-1)[:150]
        assert sorted(met) == sorted(parts(0)[0])
    assert not np.array_equal(orders[0].index, orders[1].index)


def test_the_trap_of_a_mapped_matrix_vector_product_with_a_reduction_is_not_here():
    # jaxlib 0.10.2 was silently wrong on CPU: jax-ml/jax#39103.
    matrices = jnp.arange(24, dtype=jnp.float32).reshape(2, 3, 4)
    vectors = jnp.arange(8, dtype=jnp.float32).reshape(2, 4)
    ours = jax.jit(jax.vmap(lambda m, v: jnp.sum(m @ v)))(matrices, vectors)
    expected = [(m @ v).sum() for m, v in zip(np.asarray(matrices), np.asarray(vectors), strict=True)]
    np.testing.assert_array_equal(ours, expected)
