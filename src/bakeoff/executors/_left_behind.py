"""Folders and files that are named after the process that made them, so that a killed one's can be told and removed."""

import contextlib
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

__all__ = ["is_in_use", "owned_folder", "owned_prefix", "remove_left_behind"]


def owned_prefix(kind: str) -> str:
    """How names of this process's files of a kind begin."""
    return f"{kind}-{os.getpid()}-{_place()}-"


@cache
def _place() -> str:
    """Where this process's number means something: a machine since it was started, a container in it."""
    known = [platform.node()]
    with contextlib.suppress(OSError):
        known.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        known.append(str(Path("/proc/self/ns/pid").readlink()))
    return sha256("\n".join(known).encode()).hexdigest()[:8]


@contextmanager
def owned_folder(parent: Path, kind: str) -> Iterator[Path]:
    """A folder of this process, for as long as the block runs; those that killed processes left are taken away.

    Parameters
    ----------
    parent : Path
    kind : str
        How names of such folders begin.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    remove_left_behind(parent, kind)
    folder = parent / f"{owned_prefix(kind)}{uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind(parent: Path, kind: str) -> None:
    """Take away what processes that are no more left of a kind."""
    for path in parent.glob(f"{kind}-*"):
        if not is_in_use(path, kind):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def is_in_use(path: Path, kind: str) -> bool:
    """Whether the process that a path of this kind is named after lives; also where its name tells of none."""
    number, _, rest = path.name.removeprefix(f"{kind}-").partition("-")
    if os.name == "nt" or not rest.startswith(f"{_place()}-"):
        return True  # on Windows, asking whether a process lives would end it; elsewhere numbers are others' own
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError, OverflowError):
        return True  # somebody else's, and alive; or none of ours
    return True
