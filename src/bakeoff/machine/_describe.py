"""What this machine is."""

import os
import platform
import sys
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
from loky import cpu_count

__all__ = ["build_key", "cpu_flags", "describe", "describe_device"]

_LIBRARIES = ("jax", "jaxlib", "numpy", "optax", "polars", "scikit-learn", "scikit-learn-intelex", "scipy")

_FLAGS_OF_INTEREST = ("amx_bf16", "avx", "avx2", "avx512_bf16", "avx512f", "bf16", "fma", "neon", "sve")


def describe() -> dict[str, Any]:
    """The machine as plain JSON data, for ``environment.json``.

    Returns
    -------
    dict
        ``system``, ``processor``, ``processor_flags`` (those that matter to matrix products), ``cores``,
        ``memory_gib``, ``python``, ``bakeoff``, ``libraries``, ``devices``.
    """
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "processor_flags": [flag for flag in _FLAGS_OF_INTEREST if flag in cpu_flags()],
        "cores": int(cpu_count()),
        "memory_gib": _memory_gib(),
        "python": platform.python_version(),
        "bakeoff": _version("bakeoff"),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name)) is not None},
        "devices": [describe_device(device) for device in jax.devices()],
    }


def describe_device(device: Any) -> str:
    """A device in words.

    Examples
    --------
    >>> import jax
    >>> describe_device(jax.devices("cpu")[0])
    'cpu 0'
    """
    kind = str(device.device_kind)
    return f"{device.platform} {device.id}" + ("" if kind.lower() == device.platform else f" ({kind})")


@cache
def build_key() -> str:
    """Names what decides how compiled code behaves here: the build of jaxlib, the device and the processor."""
    device = jax.devices()[0]
    flags = sha256(" ".join(sorted(cpu_flags())).encode()).hexdigest()[:12]
    parts = (f"jaxlib-{version('jaxlib')}", device.platform, device.device_kind, _processor(), flags)
    return "|".join(" ".join(str(part).split()) for part in parts)


@cache
def cpu_flags() -> frozenset[str]:
    """Instruction sets of the processor, by the names that Linux gives them; empty where it does not say."""
    for line in _cpu_information():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return frozenset(value.split())
    return frozenset()


@cache
def _processor() -> str:
    for line in _cpu_information():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return platform.processor() or platform.machine()


@cache
def _cpu_information() -> tuple[str, ...]:
    path = Path("/proc/cpuinfo")
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()


def _memory_gib() -> float | None:
    if sys.platform == "win32":
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
