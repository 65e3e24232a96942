"""Both executors keep one contract; the local one also ends what it started, however things go."""

# ruff: noqa: PLC0415 - functions that run in the child import there
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bakeoff.errors import FitError, FitTimedOut, MissingExtraError, SettingsError
from bakeoff.executors import FitExecutor, InlineExecutor, LocalExecutor, available_threads, traceback_text

# The functions that go to the child are nested in tests: what a test module holds itself is not importable there.


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    with LocalExecutor(threads=1) as executor:
        yield executor


@pytest.fixture(params=["inline", "local"])
def executor(request: pytest.FixtureRequest, local: LocalExecutor) -> FitExecutor:
    return InlineExecutor() if request.param == "inline" else local


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet (a zombie) has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return sys.platform == "linux"


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_run_returns_what_the_function_returns_and_passes_progress_on_in_order(executor: FitExecutor) -> None:
    def fit(base: int, report: Callable[[dict[str, int]], None]) -> int:
        for epoch in range(3):
            report({"epoch": epoch})
        return base + 1

    events: list[dict[str, int]] = []
    assert executor.run(fit, 41, progress=events.append) == 42
    assert [event["epoch"] for event in events] == [0, 1, 2]


def test_run_works_without_a_progress_callback(executor: FitExecutor) -> None:
    assert executor.run(lambda report: report({"epoch": 1}), time_limit_seconds=60) is None


def test_errors_of_bakeoff_come_back_as_themselves(executor: FitExecutor) -> None:
    def fit(report: object) -> None:
        raise SettingsError(["one", "two"])

    with pytest.raises(SettingsError) as caught:
        executor.run(fit)
    assert caught.value.problems == ("one", "two")

    def needs_more(report: object) -> None:
        raise MissingExtraError("a model", "intelex")

    with pytest.raises(MissingExtraError, match=r"bakeoff\[intelex\]"):
        executor.run(needs_more)


def test_any_other_error_becomes_one_line_with_the_traceback_for_the_log(executor: FitExecutor) -> None:
    def deeply_wrong(report: object) -> None:
        raise ValueError("first line\n   second line")

    with pytest.raises(FitError) as caught:
        executor.run(deeply_wrong)
    assert str(caught.value) == "ValueError: first line second line"
    text = traceback_text(caught.value)
    assert "in deeply_wrong" in text and "first line\n   second line" in text


def test_an_error_that_cannot_be_pickled_still_arrives(executor: FitExecutor) -> None:
    def fit(report: object) -> None:
        class AwkwardError(Exception):
            def __init__(self, first: int, second: int) -> None:
                super().__init__(f"{first} and {second}")

        raise AwkwardError(1, 2)

    with pytest.raises(FitError, match="AwkwardError: 1 and 2"):
        executor.run(fit)


def test_a_very_long_reason_is_cut(executor: FitExecutor) -> None:
    def fit(report: object) -> None:
        raise ValueError("x" * 5000)

    with pytest.raises(FitError) as caught:
        executor.run(fit)
    assert len(str(caught.value)) < 500


def test_submit_keeps_the_contract_of_the_standard_library(executor: FitExecutor) -> None:
    assert executor.submit(int, "12", base=8).result() == 10
    assert isinstance(executor.submit(int, "x").exception(), ValueError)
    assert list(executor.map(abs, [-1, -2])) == [1, 2]


@pytest.mark.parametrize("kind", [InlineExecutor, LocalExecutor])
def test_nothing_runs_after_shutdown(kind: type[FitExecutor]) -> None:
    executor = kind()
    executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.run(lambda report: 1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(int)


def test_a_limit_ends_an_inline_fit_at_its_next_report() -> None:
    def fit(report: Callable[[dict[str, int]], None]) -> None:
        for epoch in range(1000):
            time.sleep(0.01)
            report({"epoch": epoch})

    with pytest.raises(FitTimedOut, match=r"stopped after its limit of 0\.1 s; --time-limit changes it"):
        InlineExecutor().run(fit, time_limit_seconds=0.1)


def test_the_child_is_reused_between_fits(local: LocalExecutor) -> None:
    assert local.run(lambda report: os.getpid()) == local.run(lambda report: os.getpid()) != os.getpid()


def test_a_fit_past_its_limit_ends_with_its_children_and_the_next_fit_runs(local: LocalExecutor) -> None:
    def hang(report: Callable[[dict[str, int]], None]) -> None:
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        report({"child": os.getpid(), "grandchild": grandchild.pid})
        time.sleep(60)

    pids: dict[str, int] = {}
    started = time.monotonic()
    with pytest.raises(FitTimedOut, match=r"stopped after its limit of 0\.5 s; --time-limit changes it"):
        local.run(hang, time_limit_seconds=0.5, progress=pids.update)
    assert time.monotonic() - started < 10
    assert wait_until(lambda: is_gone(pids["child"]) and is_gone(pids["grandchild"]))
    assert local.run(lambda report: 7) == 7


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        (lambda report: os.kill(os.getpid(), signal.SIGKILL), "ended by SIGKILL: .*memory ran out"),
        (lambda report: os.kill(os.getpid(), signal.SIGSEGV), "ended by SIGSEGV: a crash in compiled code"),
        (lambda report: os._exit(3), "ended by itself with exit status 3"),
    ],
)
def test_a_child_that_dies_is_a_failed_fit_with_its_reason(
    local: LocalExecutor, death: Callable[[object], None], reason: str
) -> None:
    with pytest.raises(FitError, match=reason):
        local.run(death)
    assert local.run(lambda report: 7) == 7


def test_a_function_that_cannot_be_sent_is_a_failed_fit(local: LocalExecutor) -> None:
    with pytest.raises(FitError, match="it cannot be sent to another process"):
        local.run(lambda held, report: held, threading.Lock())


def test_an_error_in_the_callback_is_raised_as_it_is_and_ends_the_child(local: LocalExecutor) -> None:
    def fit(report: Callable[[dict[str, int]], None]) -> None:
        report({"pid": os.getpid()})
        time.sleep(60)

    pids: list[int] = []

    def callback(event: dict[str, int]) -> None:
        pids.append(event["pid"])
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        local.run(fit, progress=callback)
    assert wait_until(lambda: is_gone(pids[0]))


def test_training_does_not_wait_for_a_slow_reader_and_the_latest_event_arrives(local: LocalExecutor) -> None:
    def fit(report: Callable[[dict[str, object]], None]) -> float:
        started = time.monotonic()
        for epoch in range(2000):
            report({"epoch": epoch, "padding": "x" * 2000})  # far more than a pipe holds
        return time.monotonic() - started

    epochs: list[int] = []

    def slow(event: dict[str, int]) -> None:
        time.sleep(0.01)
        epochs.append(event["epoch"])

    seconds = local.run(fit, progress=slow)
    assert epochs == sorted(epochs)
    assert epochs[-1] == 1999
    assert len(epochs) < 2000  # some were dropped; all of them would have taken twenty seconds
    assert seconds < 5


def test_output_of_the_child_goes_to_the_callback_and_not_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy(report: object) -> None:
        print("from print")
        print("to stderr", file=sys.stderr)
        os.write(1, b"from below python\n")

    texts: list[str] = []
    with LocalExecutor(threads=1, output=texts.append) as executor:
        executor.run(noisy)
        executor.run(lambda report: os.system("echo from a program"))
        with pytest.raises(FitError):
            executor.run(lambda report: os.kill(os.getpid(), signal.SIGSEGV))
    text = "".join(texts)
    for said in ("from print", "to stderr", "from below python", "from a program", "Segmentation fault"):
        assert said in text
    assert capfd.readouterr() == ("", "")


def test_the_stated_threads_are_the_threads_that_compute() -> None:
    def look(report: object) -> tuple[list[int], float]:
        import jax
        import jax.numpy as jnp
        import numpy as np
        from threadpoolctl import threadpool_info

        np.ones((8, 8)) @ np.ones((8, 8))
        multiply = jax.jit(lambda x: x @ x)
        x = jnp.ones((1000, 1000))
        multiply(x).block_until_ready()
        wall, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - wall < 0.5:
            multiply(x).block_until_ready()
        return [pool["num_threads"] for pool in threadpool_info()], (time.process_time() - cpu) / (
            time.perf_counter() - wall
        )

    with LocalExecutor(threads=1) as executor:
        pools, cores_used = executor.run(look)
        assert executor.threads == 1
    assert set(pools) == {1}
    assert cores_used < 1.2  # one thread cannot use more; two would show 1.9 on idle cores
    with LocalExecutor() as executor:
        assert executor.threads == available_threads()


def test_environment_reaches_the_child_before_its_first_import() -> None:
    with LocalExecutor(threads=1, environment={"BAKEOFF_PROBE": "here"}) as executor:
        assert executor.run(lambda report: os.environ["BAKEOFF_PROBE"]) == "here"


def test_threads_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be 1 or more\. Got 0 instead"):
        LocalExecutor(threads=0)


SCRIPT = textwrap.dedent(
    """
    import os, sys, time
    from bakeoff.executors import LocalExecutor

    def fit(report):                       # no main guard, and the script is not importable
        print("noise")
        report({"pid": os.getpid()})
        time.sleep(float(sys.argv[1]))
        return "done"

    executor = LocalExecutor(threads=1)
    print(executor.run(fit, progress=lambda event: print(event["pid"], flush=True)), flush=True)
    """
)


def start_script(folder: Path, seconds: float) -> tuple[subprocess.Popen[bytes], int]:
    script = folder / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(script), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what a buffer reads ahead of the first line, communicate() would not see
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_script_without_a_main_guard_ends_cleanly_even_when_nothing_is_shut_down(tmp_path: Path) -> None:
    process, child = start_script(tmp_path, 0)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"done\n", b"")
    assert wait_until(lambda: is_gone(child))


@pytest.mark.skipif(sys.platform == "win32", reason="signals to process groups are POSIX")
def test_ctrl_c_ends_parent_and_child_at_once(tmp_path: Path) -> None:
    process, child = start_script(tmp_path, 60)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert err.rstrip().endswith(b"KeyboardInterrupt")
    assert err.count(b"Traceback") == 1  # the parent's own; none of the child's
    assert wait_until(lambda: is_gone(child))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_the_child_ends_when_the_parent_is_killed(tmp_path: Path) -> None:
    process, child = start_script(tmp_path, 60)
    process.kill()
    process.communicate(timeout=30)
    assert wait_until(lambda: is_gone(child), seconds=3)
