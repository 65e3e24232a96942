"""A population over several devices, here parts of one processor: in a process of its own, which is told so."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from bakeoff.dense import _devices
from bakeoff.dense._plan import Layout

PROGRAM = """
import json, sys
import jax, numpy as np
from bakeoff.dense import (
    Distortion, EarlyStopping, Image, Member, NetworkSpec, Rates, Task, TrainingSpec, compilations, fit_population
)

random = np.random.default_rng(0)
labels = random.integers(0, 3, 120).astype(np.int32)
rows = random.integers(0, 256, (120, 16)).astype(np.uint8)
rows[np.arange(120), labels] = 255
n_seeds, n_rates, scale = json.loads(sys.argv[1])
network = NetworkSpec(16, (6,), 3, batch_normalization=True, precision="float64")
spec = TrainingSpec(network, (0, 1, 2), batch_size=16, uses_dropout=True, uses_l2=True, distortions=("shift", "noise"),
                    image=Image(4, 4, 1, 255), uses_ema=True)
penalties = ((1e-3, 0, 0, 0), (0, 0, 0, 1e-2))
members = [
    Member(seed, np.roll(np.arange(120), 10 * seed)[:90 - seed], np.roll(np.arange(120), 10 * seed)[90:], 4,
           Rates(learning_rate=0.01 * rate, dropout=(0.1,), ema_momentum=0.5, penalties=penalties),
           EarlyStopping("val_loss", 2, 0.0),
           distortion=Distortion(shift=0.1, noise=0.05))
    for seed in range(n_seeds) for rate in range(1, n_rates + 1)
]
assert len(jax.devices()) == 4
answers = []
weights = random.uniform(0, 2, 120)
for devices in (jax.devices()[:1], jax.devices()):
    task = Task(rows, labels, scale, 255, weights)
    fitted = fit_population(spec, task, members, devices=devices).members
    answers.append([
        np.concatenate([leaf.ravel() for leaf in jax.tree.leaves((one.network.parameters, one.network.averages))]
                       + [np.asarray(values) for values in one.history.values()] + [[one.epochs]]).tolist()
        for one in fitted
    ])
before = compilations()
fit_population(spec, task, members, devices=jax.devices())
assert compilations() == before
print(json.dumps(answers))
"""


@pytest.mark.parametrize(
    ("n_seeds", "n_rates", "scale"),
    [(5, 1, "standard"), (2, 3, "unit")],
    ids=["two streams on each of three, one of them for nothing", "a member of each of two streams on each of three"],
)
def test_members_are_what_they_are_on_one_device(n_seeds: int, n_rates: int, scale: str) -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", PROGRAM, json.dumps([n_seeds, n_rates, scale])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    one, four = json.loads(done.stdout)
    assert len(one) == n_seeds * n_rates
    for alone, divided in zip(one, four, strict=True):
        assert divided == pytest.approx(alone, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(
    ("streams", "members", "n_devices", "expected"),
    [(8, 1, 4, (4, 0)), (1, 8, 4, (4, 1)), (6, 1, 4, (3, 0)), (3, 2, 2, (2, 1)), (1, 1, 8, None), (5, 7, 1, None)],
)
def test_the_most_devices_that_divide_an_axis_are_used(streams, members, n_devices, expected, monkeypatch) -> None:
    class FakeMesh:
        def __init__(self, devices, names):
            self.size = len(devices)

    monkeypatch.setattr(_devices, "Mesh", FakeMesh)
    found = _devices.placement_for(Layout(streams, members, False, True, True, True), [object()] * n_devices)
    assert (None if found is None else (found.n_devices, found.axis)) == expected


@pytest.mark.parametrize("n_devices", range(1, 17))
def test_a_few_streams_are_added_where_that_leaves_less_to_the_busiest_device(n_devices, monkeypatch) -> None:
    monkeypatch.setattr(_devices, "Mesh", lambda devices, _: np.zeros(len(devices)))
    for n_streams in range(1, 60):
        added = _devices.streams_to_add(n_streams, n_devices)
        assert 0 <= added <= n_streams / 4
        if added:
            layout = Layout(n_streams + added, 1, False, True, True, True)
            found = _devices.placement_for(layout, [object()] * n_devices)
            assert found is not None
            assert found.local(layout).streams == -(-n_streams // n_devices)
