"""A full disk, a folder that nobody may write to, a clock that jumps, two processes at once: nothing is lost."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from bakeoff import api
from bakeoff.contest import ContestOptions, open_run
from bakeoff.executors import InlineExecutor

KILLS = int(os.environ.get("BAKEOFF_KILLS", "20"))

pytestmark = pytest.mark.reliability

SHARES = (0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)  # of what a whole workspace takes
if KILLS <= 20:
    SHARES = (0.03, 0.4, 0.8)  # the short form


class Disk:
    """A file system of its own, of a size that can be changed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=False, capture_output=True
        )
        if done.returncode:
            pytest.skip(f"no right to mount here: {done.stderr.decode().strip()}")

    def change(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", self.place], check=True)

    def resize(self, n_bytes: int) -> None:
        """So large, or with 16 KiB left where that is more: it cannot be made smaller than what is there."""
        now = os.statvfs(self.place)
        used = (now.f_blocks - now.f_bfree) * now.f_frsize
        self.change(f"size={max(n_bytes, used + 16_384) >> 10}k")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    yield made
    subprocess.run(["umount", "--lazy", made.place], check=True)


def size_of(folder: Path) -> int:
    """Bytes that its files take in whole pages."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in folder.rglob("*") if not path.is_symlink())


def is_said_plainly(text: str, reason: str) -> bool:
    return reason in text and "Traceback" not in text


@pytest.mark.parametrize("name", ["run", "study", "tune"])
def test_on_a_full_disk_it_says_so_and_goes_on_when_there_is_space(
    name: str, command: Any, fits_in: Any, disk: Disk, tmp_path: Path
) -> None:
    own, whole = command(name), tmp_path / "whole"
    own.finish(whole)
    needed = size_of(whole)
    workspace = disk.place / "work"
    workspace.mkdir()
    known: dict[str, bytes] = {}
    for share in SHARES:
        disk.resize(int(share * needed))
        printed = tmp_path / f"printed-{share}.txt"
        status = start_to(own, workspace, printed)
        assert status in (1, 2), (share, printed.read_text())
        assert is_said_plainly(printed.read_text(), "o space left on device") or is_said_plainly(
            printed.read_text(), "disk is full"
        ), (share, printed.read_text())
        disk.resize(4 * needed)  # looking into the store writes beside it
        now = fits_in(workspace)
        assert not {key for key in known if now.get(key) != known[key]}
        known = now
    printed = tmp_path / "printed.txt"
    assert start_to(own, workspace, printed) == 0, printed.read_text()
    assert own.outcome(workspace) == own.outcome(whole)
    assert fits_in(workspace) == fits_in(whole)


def start_to(own: Any, workspace: Path, printed: Path) -> int:
    """Run to the end, with what is printed where there is space; the exit status."""
    process = own.start(workspace, to=printed)
    return int(process.wait(600))


def test_a_workspace_that_nobody_may_write_to_is_said_to_be_so_and_can_be_read(
    command: Any, fits_in: Any, disk: Disk, tmp_path: Path
) -> None:
    own, workspace = command("run"), disk.place / "work"
    disk.resize(200_000_000)
    workspace.mkdir()
    printed = tmp_path / "printed.txt"
    assert start_to(own, workspace, printed) == 0, printed.read_text()
    before, kept = own.outcome(workspace), fits_in(workspace)
    disk.change("ro")
    printed = tmp_path / "refused.txt"
    assert start_to(own, workspace, printed) == 2
    text = printed.read_text()
    assert is_said_plainly(text, "work: cannot be written to: read-only, or no permission"), text
    assert len(text.splitlines()) == 1, text
    listed = subprocess.run(
        [sys.executable, "-m", "bakeoff", "list", "--workspace", workspace], capture_output=True, text=True, check=True
    )
    assert "blurs" in listed.stdout
    assert open_run("latest", workspace).results["contestants"]
    disk.change("rw")
    assert fits_in(workspace) == kept
    assert start_to(own, workspace, tmp_path / "again.txt") == 0
    assert own.outcomes(workspace) == [before, before]


def test_processes_that_run_at_once_in_one_workspace_share_it(command: Any, fits_in: Any, tmp_path: Path) -> None:
    own, whole, shared = command("run"), tmp_path / "whole", tmp_path / "shared"
    own.finish(whole)
    shared.mkdir()
    processes = [own.start(shared, to=tmp_path / f"printed-{number}.txt") for number in range(3)]
    assert [process.wait(600) for process in processes] == [0, 0, 0]
    assert own.outcomes(shared) == 3 * own.outcomes(whole)
    assert fits_in(shared) == fits_in(whole)
    assert not list((shared / "artifacts").glob(".rows-*"))


def test_a_clock_that_jumps_changes_dates_and_nothing_else(data: Path, tmp_path: Path, timeless: Any) -> None:
    recipe = api.make_recipe(str(data), contestants=("dense:plain", "svc", "forest"), seeds=2, threads=1, probes=False)
    plan = api.plan(recipe)
    chance = random.Random(0)

    def done(workspace: Path, listen: Callable[[Any], None]) -> Any:
        with InlineExecutor() as executor:
            return api.run_plan(plan, ContestOptions(workspace, executor=executor, listen=listen))

    steady = done(tmp_path / "steady", lambda _event: None)
    with time_machine.travel(datetime(2031, 5, 1, tzinfo=UTC), tick=True) as clock:

        def jump(_event: Any) -> None:
            clock.shift(timedelta(days=chance.choice([-400, -1, 1, 400]), seconds=chance.uniform(-9, 9)))

        jumped = done(tmp_path / "jumped", jump)
        clock.move_to(datetime(1999, 1, 1, tzinfo=UTC))
        again = done(tmp_path / "jumped", jump)
    assert timeless(jumped.results) == timeless(steady.results) == timeless(again.results)
    assert jumped.folder != again.folder
    assert open_run("latest", tmp_path / "jumped").folder.resolve() == again.folder.resolve()
    assert all(each["reused"] for entry in again.results["contestants"] for each in entry["fits"])
    for entry in jumped.results["contestants"]:
        assert all(0 <= value < 60_000 for value in entry["seconds"].values() if value is not None)
