"""Members of unequal layers: each is what it is alone, and every shape is one program."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from bakeoff.dense import (
    FittedMember,
    Member,
    NetworkSpec,
    Rates,
    Task,
    TrainingSpec,
    compilations,
    fit_groups,
    fit_population,
)

N_ROWS, N_FEATURES, N_CLASSES = 90, 6, 3
SHAPES = [(5,), (4, 7), (5,)]


@pytest.fixture(scope="module")
def task() -> Task:
    random = np.random.default_rng(0)
    labels = random.integers(0, N_CLASSES, N_ROWS).astype(np.int32)
    rows = random.normal(labels[:, None], 1.0, (N_ROWS, N_FEATURES)).astype(np.float32)
    return Task(rows, labels, "standard")


def entries() -> list[tuple[TrainingSpec, Member]]:
    rows = np.random.default_rng(1).permutation(N_ROWS)
    network = NetworkSpec(N_FEATURES, (), N_CLASSES, precision="float64")
    spec = TrainingSpec(network, tuple(range(N_CLASSES)), batch_size=16, optimizer="adam")
    return [
        (
            replace(spec, network=replace(network, hidden_layer_sizes=shape)),
            Member(number % 2, rows[:70], rows[70:], 3 + number, Rates(learning_rate=0.01 * (1 + number))),
        )
        for number, shape in enumerate(SHAPES)
    ]


def assert_same(one: FittedMember, other: FittedMember) -> None:
    assert one.network.spec == other.network.spec
    leaves = zip(jax.tree.leaves(one.network.parameters), jax.tree.leaves(other.network.parameters), strict=True)
    for a, b in leaves:
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)  # DESIGN: solo equals member
    assert one.history.keys() == other.history.keys()
    for key, values in one.history.items():
        np.testing.assert_allclose(values, other.history[key], rtol=0, atol=1e-9, err_msg=key)


def test_every_member_is_what_it_is_alone_in_the_order_of_the_entries(task: Task) -> None:
    together = fit_groups(task, entries())
    for (spec, member), fitted in zip(entries(), together.members, strict=True):
        assert_same(fitted, fit_population(spec, task, [member]).members[0])
    assert together.seconds_fit > 0


def test_a_shape_is_compiled_once_and_a_second_call_compiles_nothing(task: Task) -> None:
    mixed = [(replace(spec, batch_size=15), member) for spec, member in entries()]
    before = compilations()
    first = fit_groups(task, mixed)
    assert compilations() - before == len(set(SHAPES))
    assert first.seconds_compile > 0
    again = fit_groups(task, [(spec, replace(member, seed=member.seed + 9)) for spec, member in mixed])
    assert compilations() - before == len(set(SHAPES))
    assert again.seconds_compile == 0


def test_progress_says_which_group_trains(task: Task) -> None:
    told: list[tuple[int, int, int]] = []
    fit_groups(task, entries(), lambda news: told.append((news["group"], news["groups"], news["epoch"])))
    longest = {(5,): 5, (4, 7): 4}
    expected = [(group, 2, epoch) for group, n in enumerate(longest.values(), 1) for epoch in range(1, n + 1)]
    assert told == expected


def test_wide_networks_go_one_a_device_and_one_program_serves_any_number(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.dense._mapping._WIDE", 5)
    wide = [
        (replace(spec, batch_size=14), member) for spec, member in entries() if spec.network.hidden_layer_sizes == (5,)
    ]
    few = [(spec, replace(member, seed=3)) for spec, member in wide[:1]]
    many = [(spec, replace(member, seed=seed)) for seed in (3, 4, 5) for spec, member in wide[:1]]
    fit_groups(task, few)
    before = compilations()
    together = fit_groups(task, many)
    assert compilations() == before
    assert len(together.members) == 3
    for (spec, member), fitted in zip(many, together.members, strict=True):
        assert_same(fitted, fit_population(spec, task, [member]).members[0])
