"""What this machine is and can: self-test, floor, precision to use, compile cache."""

import os

from bakeoff.machine._compile_cache import enable_compile_cache
from bakeoff.machine._describe import describe
from bakeoff.machine._doctor import doctor
from bakeoff.machine._folder import cache_folder
from bakeoff.machine._precision import bfloat16_in_hardware, resolve_precision
from bakeoff.machine._self_test import KnownAnswer, ensure_self_test, self_test
from bakeoff.machine._speed import bandwidth, epoch_work, floor_seconds, matmul_rate

__all__ = [
    "KnownAnswer",
    "bandwidth",
    "bfloat16_in_hardware",
    "cache_folder",
    "describe",
    "doctor",
    "enable_compile_cache",
    "ensure_self_test",
    "epoch_work",
    "floor_seconds",
    "matmul_rate",
    "resolve_precision",
    "self_test",
]

# JAX takes three quarters of a GPU's memory at once: here, and then none is left for the process that trains. It reads
# this when it first looks for devices.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
