"""The executor that a user's word names."""

from collections.abc import Callable

from bakeoff.errors import SettingsError
from bakeoff.executors._executor import FitExecutor
from bakeoff.executors._local import LocalExecutor

__all__ = ["executor_at"]


def executor_at(on: str, threads: int | None = None, output: Callable[[str], None] | None = None) -> FitExecutor:
    """Where fits run.

    Parameters
    ----------
    on : str
        ``"local"``, ``"ray"`` or ``"ray://HOST:PORT"``.
    threads : int or None
        Of each child process.
    output : callable, optional
        Is given what children write, as text.

    Raises
    ------
    SettingsError
        If `on` is none of these, or no cluster answers there.
    MissingExtraError
        If Ray is not installed.
    """
    if on == "local":
        return LocalExecutor(threads, output=output)
    if on == "ray" or on.startswith("ray://"):
        from bakeoff.executors._ray import RayExecutor  # noqa: PLC0415 - of an extra

        return RayExecutor(threads, None if on == "ray" else on, output=output)
    raise SettingsError(f"--on must be local, ray or ray://HOST:PORT. Got {on!r:.100}.")
