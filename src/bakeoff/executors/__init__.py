"""Where fits run: here, in a child process with a time limit, progress and a clean end, or in those of a cluster."""

from bakeoff.executors._choice import executor_at
from bakeoff.executors._executor import FitExecutor, RemoteTraceback, SharedFile, time_limit_message, traceback_text
from bakeoff.executors._inline import InlineExecutor
from bakeoff.executors._left_behind import is_in_use, owned_folder
from bakeoff.executors._local import LocalExecutor
from bakeoff.executors._threads import available_threads

__all__ = [
    "FitExecutor",
    "InlineExecutor",
    "LocalExecutor",
    "RemoteTraceback",
    "SharedFile",
    "available_threads",
    "executor_at",
    "is_in_use",
    "owned_folder",
    "time_limit_message",
    "traceback_text",
]
