"""Ray itself: imported, joined, and its errors in a line."""

import os
import socket
from typing import Any

from bakeoff.errors import MissingExtraError, SettingsError

__all__ = ["first_line", "join", "ray_module"]

_CLIENT = "ray://"
_KNOCK_SECONDS = 10.0


def ray_module() -> Any:
    """Ray, told to keep to itself.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    # What a thread still asks when all has ended must not join a cluster again.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        import ray  # noqa: PLC0415
        import ray._private.worker  # noqa: PLC0415
        import ray.exceptions  # noqa: PLC0415
        import ray.util.scheduling_strategies  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("--on ray", "ray") from None
    # It prints the last lines of a lost node's log to standard output, which is for results, whatever it is told.
    if hasattr(ray._private.worker, "print_to_stdstream"):
        ray._private.worker.print_to_stdstream = _print_nothing
    return ray


def _print_nothing(*_args: Any, **_others: Any) -> None:
    pass


def join(ray: Any, address: str | None) -> None:
    """Join a cluster, or start one on this machine.

    Raises
    ------
    SettingsError
        If none answers.
    """
    try:
        if address is not None and address.startswith(_CLIENT):
            _knock(address.removeprefix(_CLIENT))
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, include_dashboard=False)
    except (OSError, RuntimeError, ValueError) as error:  # no connection and no answer in time are OSErrors
        where = "ray" if address is None else address
        raise SettingsError(f"--on {where}: no Ray cluster could be joined or started: {first_line(error)}") from None


def _knock(address: str) -> None:
    """Fail at once where nobody listens: Ray would try for half a minute."""
    host, _, port = address.partition("/")[0].rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it must have a host and a port")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()


def first_line(error: BaseException) -> str:
    """Its kind and its first line: Ray's errors have pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
