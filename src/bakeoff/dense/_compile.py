"""Compiling apart from running, so that each has its own clock."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jax

__all__ = ["compilations", "compiled"]

_PROGRAMS: OrderedDict[Any, Any] = OrderedDict()
_PROGRAMS_KEPT = 64
_count = 0


def compilations() -> int:
    """How many programs this process has compiled here."""
    return _count


def compiled(
    function: Callable[..., Any], static: tuple[Any, ...], arguments: tuple[Any, ...], donate: int | None = None
) -> tuple[Callable[..., Any], float]:
    """The program of a function for arguments of these shapes, compiled once in a process.

    Parameters
    ----------
    function : callable
        Takes the static arguments first. A function of a module, not a lambda: it is part of the key.
    static : tuple
        Hashable.
    arguments : tuple of pytrees
        Arrays of the shapes and types that it will be called with.
    donate : int, optional
        Position among `arguments` of the one whose memory the results may take.

    Returns
    -------
    program : callable
        Takes `arguments` alone.
    seconds : float
        What building it took; 0 where it was there.
    """
    global _count  # noqa: PLW0603
    leaves, tree = jax.tree.flatten(arguments)
    places = tuple(getattr(leaf, "sharding", None) for leaf in leaves)
    key = (function, static, donate, tree, tuple(jax.typeof(leaf) for leaf in leaves), places)
    if key in _PROGRAMS:
        _PROGRAMS.move_to_end(key)
        return _PROGRAMS[key], 0.0
    started = time.perf_counter()
    jitted = jax.jit(
        function,
        static_argnums=tuple(range(len(static))),
        donate_argnums=() if donate is None else (len(static) + donate,),
    )
    program = jitted.lower(*static, *arguments).compile()
    seconds = time.perf_counter() - started
    _count += 1
    _PROGRAMS[key] = program
    if len(_PROGRAMS) > _PROGRAMS_KEPT:
        _PROGRAMS.popitem(last=False)
    return program, seconds
