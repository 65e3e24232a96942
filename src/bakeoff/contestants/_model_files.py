"""A fitted pipeline as bytes and back: skops with a short trusted list, never a pickle.

skops is imported where a model is written or read: it looks at all of scikit-learn first, for a second.
"""

import json
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from bakeoff.contestants._kept import MODEL_JSON, MODEL_SKOPS
from bakeoff.contestants._sound_models import unsound_parts
from bakeoff.errors import FitError

__all__ = ["load_pipeline", "load_settings", "save_pipeline"]

_LARGEST_MODEL = 256 * 1024 * 1024
_LARGEST_UNPACKED = 8 * _LARGEST_MODEL

_TRUSTED = frozenset(
    {
        # Beyond what skops trusts by itself, which is scikit-learn's own public classes and NumPy's arrays. All of
        # these are data: their state is numbers and arrays, and nothing in it is called.
        "numpy.dtype",
        "sklearn.metrics._dist_metrics.ChebyshevDistance64",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    }
)


def save_pipeline(pipeline: Any, settings: Mapping[str, Any]) -> tuple[dict[str, bytes], list[str]]:
    """Files of a model, and what to say about them.

    A model that is too large, or that holds objects which reading would not trust, is left out and said so; its
    settings are always kept.

    Returns
    -------
    files : ``model.json`` and, where it can be kept, ``model.skops``
    notes : sentences
    """
    import skops.io  # noqa: PLC0415 - see above

    files = {MODEL_JSON: json.dumps(settings, indent=1, allow_nan=False).encode()}
    at_least = _bytes_of_trees(pipeline)
    if at_least > 4 * _LARGEST_MODEL:  # trees shrink to about a third; do not build what cannot be kept
        return files, [_too_large(at_least)]
    model = skops.io.dumps(pipeline, compresslevel=1, compression=ZIP_DEFLATED)
    if len(model) > _LARGEST_MODEL:
        return files, [_too_large(len(model))]
    untrusted = _untrusted(model)
    if untrusted:
        listed = ", ".join(untrusted[:3])
        return files, [f"the model is not kept: it holds objects that are not on the trusted list ({listed})"]
    return files | {MODEL_SKOPS: model}, []


def load_pipeline(files: Mapping[str, bytes]) -> Any:
    """The fitted pipeline of a model's files.

    Raises
    ------
    FitError
        If it was not kept, is damaged, or holds anything that is not on the trusted list.
    """
    import skops.io  # noqa: PLC0415

    if MODEL_SKOPS not in files:
        raise FitError("the model was not kept: its files hold no model.skops")
    _require_bounded(files[MODEL_SKOPS])
    untrusted = _untrusted(files[MODEL_SKOPS])
    if untrusted:
        raise FitError(f"model.skops holds objects that are not on the trusted list: {', '.join(untrusted[:3])}")
    with warnings.catch_warnings():
        # scikit-learn warns of a model of another of its releases; model.json names both.
        warnings.simplefilter("ignore")
        try:
            pipeline = skops.io.loads(files[MODEL_SKOPS], trusted=sorted(_TRUSTED))
        except Exception as error:  # objects of damaged parts: whatever their classes raise
            raise FitError(f"model.skops cannot be read: {type(error).__name__}") from error
    unsound = unsound_parts(pipeline)
    if unsound:
        raise FitError(f"model.skops is damaged: numbers that do not belong together in {', '.join(unsound)}")
    return pipeline


def load_settings(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What ``model.json`` says of a model."""
    try:
        settings = json.loads(files[MODEL_JSON])
    except (KeyError, ValueError, RecursionError) as error:
        raise FitError("the model cannot be read: its model.json is missing or not JSON") from error
    if not isinstance(settings, dict):
        raise FitError("the model cannot be read: its model.json holds no mapping")
    return settings


def _untrusted(model: bytes) -> list[str]:
    import skops.io  # noqa: PLC0415

    try:
        return sorted(set(skops.io.get_untrusted_types(data=model)) - _TRUSTED)
    except Exception as error:  # skops looks into it without expecting anything
        raise FitError(f"model.skops cannot be read: {type(error).__name__}") from error


def _require_bounded(model: bytes) -> None:
    """Refuse an archive that would unpack to more than any model that is kept."""
    try:
        with ZipFile(BytesIO(model)) as archive:
            n_bytes = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FitError(f"model.skops cannot be read: {type(error).__name__}") from error
    if n_bytes > _LARGEST_UNPACKED:
        raise FitError(f"model.skops would unpack to {n_bytes:,} bytes; at most {_LARGEST_UNPACKED:,} are read")


def _bytes_of_trees(pipeline: Any) -> int:
    trees = getattr(pipeline.steps[-1][1], "estimators_", [])
    nodes = sum(tree.tree_.node_count for tree in trees if hasattr(tree, "tree_"))
    n_classes = len(getattr(pipeline.steps[-1][1], "classes_", ()))
    return int(nodes) * (64 + 8 * n_classes)


def _too_large(n_bytes: int) -> str:
    return f"the model is not kept: {n_bytes / 1e6:.0f} MB are more than {_LARGEST_MODEL / 1e6:.0f} MB"
