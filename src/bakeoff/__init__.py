"""Tells you which model to trust on your labelled images.

::

    import bakeoff

    run = bakeoff.run("digits", contestants=["dense", "svc"], seeds=3)
    print(run.verdict)

Everything here is imported when it is first used, so that ``import bakeoff`` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "BakeoffError",
    "DenseClassifier",
    "Recipe",
    "Run",
    "Study",
    "Tuning",
    "__version__",
    "audit_data",
    "export",
    "open_run",
    "parse_recipe",
    "predict",
    "run",
    "run_study",
    "run_tuning",
    "score",
    "serve_run",
    "split",
]

_HOMES = {
    "BakeoffError": "bakeoff.errors",
    "DenseClassifier": "bakeoff.estimator",
    "Recipe": "bakeoff.recipe",
    "Run": "bakeoff.api",
    "Study": "bakeoff.api",
    "Tuning": "bakeoff.api",
    "audit_data": "bakeoff.api",
    "export": "bakeoff.api",
    "open_run": "bakeoff.api",
    "parse_recipe": "bakeoff.recipe",
    "predict": "bakeoff.api",
    "run": "bakeoff.api",
    "run_study": "bakeoff.api",
    "run_tuning": "bakeoff.api",
    "score": "bakeoff.api",
    "serve_run": "bakeoff.api",
    "split": "bakeoff.api",
}

if TYPE_CHECKING:
    from bakeoff.api import (
        Run,
        Study,
        Tuning,
        audit_data,
        export,
        open_run,
        predict,
        run,
        run_study,
        run_tuning,
        score,
        serve_run,
        split,
    )
    from bakeoff.errors import BakeoffError
    from bakeoff.estimator import DenseClassifier
    from bakeoff.recipe import Recipe, parse_recipe


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bakeoff' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - a module's __getattr__ is not to leave names behind

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
