"""Compiled programs kept on disk, so that the second run of anything starts at once."""

import os
import re
from pathlib import Path

import jax

from bakeoff.machine._describe import build_key
from bakeoff.machine._folder import cache_folder

__all__ = ["enable_compile_cache"]


def enable_compile_cache() -> Path | None:
    """Point JAX's persistent compilation cache to a folder of this build, device and processor.

    A hit brings the same machine code back. On two cores an epoch program of three small networks takes 3.3 s to
    compile and 0.6 s to load.

    Returns
    -------
    Path or None
        The folder; None where it cannot be written to, and every process compiles for itself.

    Notes
    -----
    Programs are code: the folder is the user's alone. XLA says on standard error, for every program it loads, that
    "prefer-no-gather" is no feature of the host; that is a preference of its own and not an instruction. Processes of
    `bakeoff.executors.LocalExecutor` do not say so; others need ``TF_CPP_MIN_LOG_LEVEL=3`` before JAX is imported.
    """
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", build_key())
    folder = cache_folder() / "compiled" / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    settings: dict[str, str | float] = {
        "jax_compilation_cache_dir": str(folder),
        # Small programs too: on CPU the default of one second leaves most of ours out.
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
    return folder
