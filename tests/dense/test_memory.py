"""What a population holds: by hand, and against what the compiled program says of itself."""

import numpy as np
import pytest

from bakeoff.dense import (
    Member,
    NetworkSpec,
    Rates,
    Task,
    TrainingSpec,
    _compile,
    fit_population,
    largest_population,
    member_bytes,
)
from bakeoff.dense._mapping import is_wide

SHAPES = [(32, 16), (512, 256, 128)]


def spec(hidden: tuple[int, ...], **changes) -> TrainingSpec:
    return TrainingSpec(NetworkSpec(196, hidden, 10), tuple(range(10)), batch_size=128, **changes)


def held_by_the_program(training: TrainingSpec, n_members: int, shares_batches: bool) -> int:
    """Arguments that are the members' own, and everything that XLA sets aside."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 4096).astype(np.int32)
    task = Task(random.integers(0, 256, (4096, 196)).astype(np.uint8), labels, "unit", 255)
    starts = [0] * n_members if shares_batches else range(n_members)
    orders = [np.roll(np.arange(4096), 100 * start) for start in starts]
    members = [Member(0, order[:3072], order[3072:], 1, Rates()) for order in orders]
    before = set(_compile._PROGRAMS)
    fit_population(training, task, members)
    (key,) = set(_compile._PROGRAMS) - before
    said = _compile._PROGRAMS[key].memory_analysis()
    rows = task.rows.nbytes + labels.nbytes
    return (
        said.argument_size_in_bytes
        - rows
        + said.output_size_in_bytes
        - said.alias_size_in_bytes
        + said.temp_size_in_bytes
    )


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize("shares_batches", [True, False], ids=["one stream", "a stream each"])
def test_the_estimate_is_above_what_the_program_holds_and_not_by_much(hidden, shares_batches) -> None:
    training = spec(hidden, optimizer="adam")
    few, many = (held_by_the_program(training, n, shares_batches) for n in (2, 6))
    grown = (many - few) / 4
    estimate = member_bytes(training, 3072)
    assert grown <= 1.05 * estimate
    # Where they share batches they have no inputs of their own, which of small networks are most.
    if not shares_batches:
        # Wide ones train one after the other on a processor: only one at a time has outputs of its layers.
        assert grown >= estimate / (3 if is_wide(training) else 2)


def test_every_copy_of_the_parameters_is_counted() -> None:
    n_parameters = 196 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10
    plain = member_bytes(spec((32, 16), optimizer="sgd"), 500)
    assert member_bytes(spec((32, 16), optimizer="sgd", uses_momentum=True), 500) - plain == 4 * n_parameters
    assert member_bytes(spec((32, 16), optimizer="adam"), 500) - plain == 8 * n_parameters
    assert member_bytes(spec((32, 16), optimizer="adam", uses_ema=True), 500) - plain == 12 * n_parameters


def test_a_member_too_large_for_the_memory_trains_alone() -> None:
    size = member_bytes(spec((32, 16)), 500)
    assert largest_population(spec((32, 16)), 500, size - 1) == 1
    assert largest_population(spec((32, 16)), 500, 3 * size) == 3
