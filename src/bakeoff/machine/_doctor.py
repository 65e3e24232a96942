"""What ``bakeoff doctor`` says."""

import os
from collections.abc import Iterator
from importlib.metadata import version
from typing import Literal, TypeAlias

from bakeoff.machine._describe import describe
from bakeoff.machine._folder import cache_folder
from bakeoff.machine._precision import bfloat16_in_hardware, resolve_precision
from bakeoff.machine._self_test import self_test
from bakeoff.machine._speed import bandwidth, matmul_rate

__all__ = ["Finding", "doctor"]

Finding: TypeAlias = tuple[str, Literal["ok", "warning", "error"], str]
"""What was looked at, how it is, and the detail in words."""

_BROKEN_BUILDS = {"0.10.2": "it computes some CPU reductions wrongly (jax-ml/jax#39103)"}
_LITTLE_MEMORY_GIB = 2.0


def doctor() -> list[Finding]:
    """Look this machine over: what it is, whether its answers are right, how fast it is. Takes some seconds."""
    return [*_machine(), _build(), *_known_answers(), *_speeds(), _cache()]


def _machine() -> Iterator[Finding]:
    found = describe()
    yield "system", "ok", f"{found['system']}, Python {found['python']}, Bakeoff {found['bakeoff']}"
    flags = ", ".join(found["processor_flags"]) or "no flags known"
    yield "processor", "ok", f"{found['processor']}, {found['cores']} cores ({flags})"
    memory = found["memory_gib"]
    is_little = memory is not None and memory < _LITTLE_MEMORY_GIB
    yield "memory", "warning" if is_little else "ok", "not known" if memory is None else f"{memory:g} GiB"
    yield "devices", "ok", ", ".join(found["devices"])
    yield "libraries", "ok", ", ".join(f"{name} {release}" for name, release in found["libraries"].items())


def _build() -> Finding:
    jaxlib = version("jaxlib")
    if jaxlib in _BROKEN_BUILDS:
        return "jaxlib", "error", f"{jaxlib}: {_BROKEN_BUILDS[jaxlib]}; pip install 'jaxlib!={jaxlib}'"
    return "jaxlib", "ok", jaxlib


def _known_answers() -> Iterator[Finding]:
    for answer in self_test():
        yield "known answer", "ok" if answer.passed else "error", f"{answer.name}: {answer.detail}"


def _speeds() -> Iterator[Finding]:
    yield (
        "matrix products",
        "ok",
        f"float32 {matmul_rate('float32') / 1e9:,.0f} GFLOP/s"
        + (f", bfloat16 {matmul_rate('bfloat16') / 1e9:,.0f}" if bfloat16_in_hardware() else ""),
    )
    yield "memory bandwidth", "ok", f"{bandwidth() / 1e9:,.0f} GB/s"
    if resolve_precision() == "bfloat16":
        yield "precision", "ok", "bfloat16 is faster here; a network trains in it with the setting precision: bfloat16"
    else:
        yield "precision", "ok", "float32 is the fastest here"


def _cache() -> Finding:
    folder = cache_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        return "cache", "warning", f"{folder} cannot be written to: nothing is remembered. Set BAKEOFF_CACHE."
    return "cache", "ok", str(folder)
