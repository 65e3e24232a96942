"""Reads files under an audit hook: a process of its own, told what to read on its command line.

Usage: reader.py WORKSPACE CACHE < lines of "kind<TAB>path"
Prints a line for each file, "read" or our own error, and for each thing that reading must not do; ends with status 1
where there was any of these or an error that is not ours.
"""

import os
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py  # noqa: F401 - armed after import: what reading imports later is looked at too
import keras  # noqa: F401
import numpy as np
import onnxruntime  # noqa: F401
import sklearn.ensemble
import sklearn.neighbors
import sklearn.svm  # noqa: F401
import skops.io  # noqa: F401

import bakeoff
from bakeoff import api
from bakeoff.contest import open_run
from bakeoff.contestants import Facts, predict_with
from bakeoff.data import DataOptions, load, read_images, read_rows
from bakeoff.errors import BakeoffError
from bakeoff.interop import from_keras
from bakeoff.interop._onnx import run_onnx
from bakeoff.recipe import load_recipe
from bakeoff.store import Store

WORKSPACE, CACHE = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
INSTALLED = [
    Path(bakeoff.__file__).resolve().parent,
    *(Path(path).resolve() for path in {*sysconfig.get_paths().values(), sys.base_prefix, sys.prefix}),
    Path(__file__).resolve(),
]
WRITES = {
    "os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.truncate": 0, "os.chmod": 0, "os.chown": 0, "os.utime": 0,
    "os.rename": 1, "os.link": 1, "os.symlink": 1, "shutil.rmtree": 0, "shutil.move": 1, "shutil.copyfile": 1,
}  # fmt: skip
FORBIDDEN = (
    "pickle.find_class", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile",
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "urllib.", "ftplib.", "smtplib.",
    "sqlite3.enable_load_extension", "sqlite3.load_extension", "webbrowser.open", "marshal.loads", "code.__new__",
)  # fmt: skip
FACTS = Facts("images", 100, 64, 10, (8, 8, 1), 16)

found: list[str] = []
is_armed = False


def is_inside(path: Any, folders: list[Path]) -> bool:
    try:
        resolved = Path(os.fsdecode(path)).resolve()
    except (TypeError, ValueError):
        return True  # a file descriptor
    return any(resolved == folder or folder in resolved.parents for folder in folders)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    global is_armed  # noqa: PLW0603 - one switch for the one hook
    if not is_armed:
        return
    is_armed = False  # what looking does is not looked at
    try:
        problem = problem_of(event, arguments)
    finally:
        is_armed = True
    if problem is not None:
        found.append(problem)
        raise RuntimeError(problem)


def problem_of(event: str, arguments: tuple[Any, ...]) -> str | None:
    own = [WORKSPACE, CACHE, Path(os.devnull)]
    if event.startswith(FORBIDDEN) and not (event == "marshal.loads" and is_importing()):
        return f"{event} {arguments!r:.200}"
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND)
        if writes and not is_inside(path, own):
            return f"writes {path!r:.200}"
    if event in WRITES and not is_inside(named_from(arguments, WRITES[event]), own):
        return f"{event} {arguments!r:.200}"
    if event == "exec":
        name = arguments[0].co_filename
        if not name.startswith("<") and not is_inside(name, INSTALLED):
            return f"runs code of {name!r:.200}"
    return None


def named_from(arguments: tuple[Any, ...], position: int) -> Any:
    """A path; one that is told from an open folder is told in full."""
    path, folder = arguments[position], arguments[-1]
    if isinstance(folder, int) and folder >= 0 and isinstance(path, str) and not Path(path).is_absolute():
        return Path(f"/proc/self/fd/{folder}").readlink() / path
    return path


def is_importing() -> bool:
    """Compiled files of installed modules are unmarshalled by importlib alone."""
    frame: Any = sys._getframe(3)
    return "importlib" in frame.f_code.co_filename


def read_model(folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    predict_with(files, np.zeros((2, 64), np.uint8), FACTS)


def read_run(folder: Path) -> None:
    run = open_run(folder)
    _ = run.results
    (folder / "report.html").unlink(missing_ok=True)
    from bakeoff.report import write_html  # noqa: PLC0415 - not needed by the others

    write_html(folder)


def read_store(folder: Path) -> None:
    with Store(folder) as store:
        store.runs()
        store.all_openings()
        for (key,) in store._connection.execute("SELECT key FROM fits").fetchall():
            store.find_fit(key)


READERS: Mapping[str, Callable[[Path], Any]] = {
    "data": lambda path: load(path, DataOptions()),
    "picture": lambda path: read_images([str(path)], (8, 8, 1), 16),
    "table": lambda path: read_rows(str(path), 64, None, 16),
    "recipe": load_recipe,
    "keras": from_keras,
    "onnx": lambda path: run_onnx(path.read_bytes(), np.zeros((2, 64), np.float32)),
    "model": read_model,
    "run": read_run,
    "store": read_store,
    "plan": lambda path: api.plan(load_recipe(path)),
}


def main() -> int:
    global is_armed  # noqa: PLW0603
    os.environ["BAKEOFF_CACHE"] = str(CACHE)
    lines = [line.split("\t") for line in sys.stdin.read().splitlines()]
    tempfile.gettempdir()  # it tries the folder by writing there, once
    sys.addaudithook(watch)
    is_broken = False
    for kind, name in lines:
        is_armed = True
        try:
            READERS[kind](Path(name))
            said = "read"
        except BakeoffError as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
        except BaseException as error:  # whatever it is: it is not ours
            said, is_broken = f"BROKEN {type(error).__name__}: {error!s:.300}", True
        finally:
            is_armed = False
        print(f"{kind} {Path(name).name}: {said}", flush=True)
    for problem in found:
        print(f"DID {problem}")
    return int(is_broken or bool(found))


if __name__ == "__main__":
    sys.exit(main())
