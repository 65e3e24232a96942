"""What this machine has answered once, kept in the cache folder."""

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["cache_folder", "recall", "remember"]


def cache_folder() -> Path:
    """Where downloads, compiled programs and remembered answers lie: ``BAKEOFF_CACHE``, or the platform's folder."""
    if named := os.environ.get("BAKEOFF_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "bakeoff" / "bakeoff" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/bakeoff"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bakeoff"


def recall(question: str, key: str) -> Any:
    """What was answered to a question for this key; None if nothing was, or it cannot be read."""
    return _answers(question).get(key)


def remember(question: str, key: str, answer: Any) -> None:
    """Keep an answer, as JSON. Where the folder cannot be written to, the question is asked again next time."""
    path = _path(question)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(_answers(question) | {key: answer}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def _path(question: str) -> Path:
    return cache_folder() / "machine" / f"{question}.json"


def _answers(question: str) -> dict[str, Any]:
    try:
        answers = json.loads(_path(question).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return answers if isinstance(answers, dict) else {}
