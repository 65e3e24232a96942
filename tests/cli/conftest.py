"""The commands as functions of these tests."""

import contextlib
import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bakeoff.cli import main


class Answer(NamedTuple):
    """What a command leaves in a terminal."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def bakeoff() -> Callable[..., Answer]:
    """``bakeoff ...`` without the seconds that a new process takes to import everything."""

    def typed(*arguments: str, cwd: Path) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.MonkeyPatch.context() as patch,
            warnings.catch_warnings(),
        ):
            warnings.resetwarnings()  # as in a process of its own
            patch.setattr(sys, "argv", ["bakeoff", *arguments])
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        return Answer(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return typed
