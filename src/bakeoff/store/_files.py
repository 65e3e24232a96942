"""Files that are either whole or not there.

Everything is written to a temporary name beside its place, flushed to the disk, renamed, and the folder flushed too:
after a power cut or a kill at any moment a reader finds the old file, the new one, or none.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from bakeoff.errors import StoreError

__all__ = ["write_atomically", "write_folder_atomically"]


_ADVICE = "free some space, or name another folder with --workspace; finished fits are kept"


def write_atomically(path: Path, content: bytes | str, advice: str = _ADVICE) -> Path:
    """Write one file, whole or not at all, and return its path.

    Parameters
    ----------
    path : Path
    content : bytes or str
    advice : str
        What to do if it cannot be written.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written to.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_flushed(temporary, content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # what could not be written may not be there to be removed
            temporary.unlink()
        raise StoreError(_unwritten(path, error, advice)) from error
    return path


def write_folder_atomically(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder with all its files, whole or not at all.

    A folder that is there already is kept as it is: its name says what it holds.

    Parameters
    ----------
    folder : Path
    files : mapping of relative path to bytes

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written to.
    """
    temporary = folder.with_name(f".{folder.name}.{uuid4().hex}.tmp")
    try:
        for name, content in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            _write_flushed(temporary / name, content)
        temporary.mkdir(parents=True, exist_ok=True)
        _flush_folder(temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            shutil.rmtree(temporary)  # another process was first
        _flush_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise StoreError(_unwritten(folder, error, _ADVICE)) from error


def _unwritten(path: Path, error: OSError, advice: str) -> str:
    return f"{path}: cannot be written: {error.strerror or error}; {advice}"


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its renames are journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
