"""What of the engine determines a fit that makes use of it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import metadata, resources

__all__ = ["engine_fingerprint"]


@cache
def engine_fingerprint() -> Mapping[str, str]:
    """Versions of the libraries that compute, and a hash of the engine's own source."""
    versions = {name: metadata.version(name) for name in ("jax", "jaxlib", "numpy", "optax")}
    return {**versions, "dense": _hash_of_engine()}


def _hash_of_engine() -> str:
    digest = hashlib.sha256()
    files = [entry for entry in resources.files("bakeoff.dense").iterdir() if entry.name.endswith(".py")]
    for entry in sorted(files, key=lambda entry: entry.name):
        digest.update(entry.name.encode() + b"\0" + entry.read_bytes() + b"\0")
    return digest.hexdigest()
