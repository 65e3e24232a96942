"""Killed anywhere, nothing is lost: the same command goes on, and ends as it would have without.

The short form kills each command a few times; ``make kills KILLS=200`` many times.
"""

import os
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("run", "study", "tune")
KILLS = int(os.environ.get("BAKEOFF_KILLS", "20"))

pytestmark = pytest.mark.reliability


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_again_and_again_it_ends_as_it_would_have(name: str, command: Any, fits_in: Any, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    own = command(name)
    seconds = own.finish(whole)
    chance = random.Random(name)
    known: dict[str, bytes] = {}
    n_kills = max(1, round(KILLS / len(COMMANDS)))
    n_killed = 0
    while n_killed < n_kills:
        process = own.start(killed)
        try:
            process.wait(chance.uniform(0.0, 0.4 * seconds))  # the first run compiled what later ones find
            # It was over before: the same once more, in a fresh place.
            assert own.outcome(killed) == own.outcome(whole)
            killed, known = tmp_path / f"killed-{n_killed}", {}
            continue
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            n_killed += 1
        now = fits_in(killed)
        lost = {key for key in known if now.get(key) != known[key]}
        assert not lost
        known = now
    own.finish(killed)
    assert own.outcome(killed) == own.outcome(whole)
    assert fits_in(killed).keys() == fits_in(whole).keys()
    assert not list((killed / "artifacts").glob(".rows-*"))
