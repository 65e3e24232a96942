"""Functions and values as bytes for another process, lambdas and notebook functions included."""

from typing import Any

from loky.backend import reduction

__all__ = ["dumps"]


def dumps(value: Any) -> bytes:
    """Pickle by cloudpickle, as loky sets it up."""
    return bytes(reduction.dumps(value))
