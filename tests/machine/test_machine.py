"""What the machine says of itself is true, remembered, and asked again where it must be."""

import json
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bakeoff import machine
from bakeoff.errors import DeviceError
from bakeoff.machine import _compile_cache, _folder, _precision, _self_test, _speed
from bakeoff.machine._describe import build_key


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_folder_is_the_one_named_or_the_platforms(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    assert machine.cache_folder() == empty_cache
    monkeypatch.delenv("BAKEOFF_CACHE")
    pooch = pytest.importorskip("pooch")
    assert machine.cache_folder() == Path(pooch.os_cache("bakeoff"))  # where downloads lie too


def test_answers_are_remembered_by_question_and_key_and_damage_is_forgotten(empty_cache: Path) -> None:
    assert _folder.recall("colour", "here") is None
    _folder.remember("colour", "here", "blue")
    _folder.remember("colour", "there", ["red"])
    assert _folder.recall("colour", "here") == "blue" and _folder.recall("colour", "there") == ["red"]
    files = list((empty_cache / "machine").iterdir())
    assert [file.name for file in files] == ["colour.json"]  # nothing half-written is left
    files[0].write_text('{"here": ')
    assert _folder.recall("colour", "here") is None
    _folder.remember("colour", "here", "green")
    assert _folder.recall("colour", "here") == "green"


def test_a_cache_that_cannot_be_written_to_costs_only_the_memory(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_cache.write_text("a file where the folder should be")
    _folder.remember("colour", "here", "blue")
    assert _folder.recall("colour", "here") is None
    assert machine.enable_compile_cache() is None


def test_the_description_is_plain_json_and_names_what_computes() -> None:
    found = machine.describe()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["libraries"]["jax"] == jax.__version__ and found["libraries"]["numpy"] == np.__version__
    assert 1 <= found["cores"] <= (os.cpu_count() or 1)
    assert len(found["devices"]) == len(jax.devices())
    assert found["memory_gib"] is None or found["memory_gib"] > 0.5


def test_known_answers_are_right_here_and_remembered_for_this_build(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = machine.self_test()
    assert [answer.passed for answer in answers] == [True] * 4, answers
    remembered = _folder.recall("self-test-1", build_key())
    assert [one["name"] for one in remembered] == [answer.name for answer in answers]
    monkeypatch.setattr(_self_test, "self_test", lambda: pytest.fail("asked again"))
    machine.ensure_self_test()


def test_a_wrong_answer_refuses_to_train_and_is_asked_again_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = machine.KnownAnswer("a product", False, "off by 2.0e-03, allowed 1e-06")
    monkeypatch.setattr(_self_test, "self_test", lambda: [wrong])
    _folder.remember("self-test-1", build_key(), [{"name": "a product", "passed": False, "detail": ""}])
    with pytest.raises(DeviceError, match=r"jaxlib .* computes wrong answers on cpu .*a product: off by 2\.0e-03"):
        machine.ensure_self_test()
    monkeypatch.setattr(_self_test, "self_test", list)
    machine.ensure_self_test()


def test_the_short_case_of_jax_39103_is_caught_where_a_build_loses_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def loses_the_end(rows: np.ndarray) -> np.ndarray:
        squares = np.sum(np.square(rows), axis=1)
        squares[-1] *= 0.998  # jaxlib 0.10.2 gave 1071645696 for 1073741824
        return squares

    monkeypatch.setattr(_self_test.jax, "jit", lambda function: loses_the_end)
    answer = _self_test._ask("x", 1e-6, lambda: _self_test._mapped_products(np.float32, 32_769))
    assert not answer.passed and answer.detail.startswith("off by 2.0e-03")


def test_the_gradients_written_in_numpy_are_the_slopes_of_the_loss() -> None:
    random = np.random.default_rng(0)
    x, labels = random.standard_normal((7, 3)), random.integers(0, 2, 7).astype(np.int32)
    weights = [random.standard_normal(shape) for shape in ((3, 4), (4,), (4, 2), (2,))]

    def loss() -> float:
        logits = np.tanh(x @ weights[0] + weights[1]) @ weights[2] + weights[3]
        return float(np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(7), labels]))

    for gradient, array in zip(_self_test._gradients(weights, x, labels), weights, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + 1e-6
            above = loss()
            array[place] = kept - 1e-6
            slope = (above - loss()) / 2e-6
            array[place] = kept
            assert gradient[place] == pytest.approx(slope, abs=1e-8)  # central differences: h^2 and rounding / h


def test_the_floor_is_the_arithmetic_of_an_epoch_over_the_measured_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_speed, "matmul_rate", lambda precision: {"float32": 200e9, "bfloat16": 400e9}[precision])
    monkeypatch.setattr(_speed, "bandwidth", lambda: 10e9)
    small = machine.floor_seconds([784, 32, 16, 10], 128, 60_000)
    assert small == pytest.approx(0.031, abs=0.001)  # as measured for B1
    deep = [784, 1024, 512, 256, 128, 64, 10]
    assert machine.floor_seconds(deep, 128, 60_000) == pytest.approx(2.2, abs=0.05)  # as measured for B2
    assert machine.floor_seconds(deep, 128, 60_000, "bfloat16") == pytest.approx(1.1, abs=0.03)
    monkeypatch.setattr(_speed, "bandwidth", lambda: 1e6)
    # Weights that fit into a cache need not be moved; larger ones are, there and back, once a step.
    assert machine.floor_seconds([784, 10], 60_000, 60_000) == pytest.approx(60_000 * 784 / 1e6)
    assert machine.floor_seconds([784, 8192], 30_000, 60_000) == pytest.approx((60_000 * 784 + 16 * 784 * 8192) / 1e6)


def test_rates_are_measured_once_and_of_a_possible_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_speed, "_MEASURED_SECONDS", 0.05)
    monkeypatch.setattr(_speed, "_SIDE", {})
    for rate in (machine.matmul_rate(), machine.bandwidth()):
        assert 1e7 < rate < 1e17
    assert machine.matmul_rate() == machine.matmul_rate()


@pytest.mark.parametrize(
    ("in_hardware", "exact", "seconds", "expected"),
    [
        (False, True, {"float32": 2.0, "bfloat16": 1.0}, "float32"),
        (True, False, {"float32": 2.0, "bfloat16": 1.0}, "float32"),
        (True, True, {"float32": 2.0, "bfloat16": 1.0}, "bfloat16"),
        (True, True, {"float32": 1.1, "bfloat16": 1.0}, "float32"),
    ],
)
def test_bfloat16_needs_hardware_a_right_answer_and_a_gain(
    monkeypatch: pytest.MonkeyPatch, in_hardware: bool, exact: bool, seconds: dict[str, float], expected: str
) -> None:
    monkeypatch.setattr(_precision, "bfloat16_in_hardware", lambda: in_hardware)
    monkeypatch.setattr(_precision, "_is_exact_on_small_integers", lambda: exact)
    monkeypatch.setattr(_precision, "_epoch_seconds", lambda precision: seconds[precision])
    assert machine.resolve_precision() == expected
    monkeypatch.setattr(_precision, "_measure", lambda: pytest.fail("measured again"))
    assert machine.resolve_precision() == expected


def test_the_check_of_bfloat16_sees_a_product_with_rounded_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = jnp.matmul

    def with_bfloat16_sums(a: jax.Array, b: jax.Array, preferred_element_type: object) -> jax.Array:
        # Not by asking for bfloat16: XLA may keep more digits than it was asked for.
        return jax.lax.reduce_precision(exact(a, b, preferred_element_type=preferred_element_type), 8, 7)

    monkeypatch.setattr(_precision.jnp, "matmul", with_bfloat16_sums)
    assert not _precision._is_exact_on_small_integers()


def test_the_doctor_looks_at_everything_and_reports_a_wrong_answer_as_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bakeoff.machine import _doctor  # noqa: PLC0415 - patched here

    wrong = machine.KnownAnswer("a product", False, "off by 2.0e-03, allowed 1e-06")
    monkeypatch.setattr(_doctor, "self_test", lambda: [wrong])
    monkeypatch.setattr(_doctor, "resolve_precision", lambda: "float32")
    monkeypatch.setattr(_doctor, "matmul_rate", lambda precision: 2e11)
    monkeypatch.setattr(_doctor, "bandwidth", lambda: 1e10)
    found = machine.doctor()
    assert {"system", "processor", "memory", "devices", "libraries", "jaxlib", "matrix products", "cache"} <= {
        item for item, _, _ in found
    }
    assert ("known answer", "error", "a product: off by 2.0e-03, allowed 1e-06") in found
    assert all(status == "ok" for item, status, _ in found if item != "known answer")
    monkeypatch.setattr(_doctor, "version", lambda library: "0.10.2")
    assert any(
        item == "jaxlib" and status == "error" and "39103" in detail for item, status, detail in machine.doctor()
    )


COMPILES = textwrap.dedent(
    """
    import time, numpy as np
    from bakeoff import machine
    from bakeoff.dense import Member, NetworkSpec, Task, TrainingSpec, fit_population
    folder = machine.enable_compile_cache()
    rows = np.arange(64 * 20, dtype=np.float32).reshape(64, 20) / 1280
    labels = (np.arange(64) % 4).astype(np.int32)
    spec = TrainingSpec(NetworkSpec(20, (16, 8), 4), class_columns=(0, 1, 2, 3), batch_size=16)
    fitted = fit_population(spec, Task(rows, labels), [Member(seed, np.arange(64), None, 2) for seed in (0, 1)])
    print(folder, fitted.seconds_compile, [member.history["loss"] for member in fitted.members], sep="\\n")
    """
)


def test_a_second_process_loads_what_the_first_compiled_in_less_time_and_gets_the_same_numbers(
    empty_cache: Path,
) -> None:
    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", COMPILES],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    folder, cold, losses = run()
    again, warm, same_losses = run()
    assert again == folder and Path(folder).parent.parent == empty_cache
    assert any(Path(folder).iterdir())
    if os.name == "posix":
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    assert same_losses == losses
    # Measured 3 to 6 times; what is left is tracing. Half leaves room for a busy machine.
    assert float(warm) < 0.7 * float(cold)


def test_programs_of_another_build_lie_in_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}
    monkeypatch.setattr(_compile_cache.jax.config, "update", told.__setitem__)
    here = machine.enable_compile_cache()
    monkeypatch.setattr(_compile_cache, "build_key", lambda: "jaxlib-99.0|cpu|cpu|x|0")
    elsewhere = machine.enable_compile_cache()
    assert here is not None and elsewhere is not None and here != elsewhere and here.parent == elsewhere.parent
    assert told["jax_compilation_cache_dir"] == str(elsewhere)
