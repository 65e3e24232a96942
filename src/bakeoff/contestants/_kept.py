"""The files of a kept model: their names, and what is in them, for those who take it elsewhere."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bakeoff.dense import Network

__all__ = ["ENSEMBLE_JSON", "MODEL_JSON", "MODEL_SKOPS", "MODEL_TENSORS", "kept_networks", "kept_pipeline"]

ENSEMBLE_JSON = "ensemble.json"
MODEL_JSON = "model.json"
MODEL_SKOPS = "model.skops"
MODEL_TENSORS = "model.safetensors"


def kept_networks(files: Mapping[str, bytes]) -> "list[Network]":
    """Of a dense network one, of an ensemble all, of anything else none.

    Raises
    ------
    DataError
        If the files are damaged.
    """
    if ENSEMBLE_JSON in files:
        from bakeoff.contestants._ensemble import networks_of  # noqa: PLC0415 - loads JAX

        return networks_of(files)
    if MODEL_TENSORS in files and MODEL_JSON in files:
        from bakeoff.contestants._dense_model import read_network  # noqa: PLC0415 - loads JAX

        return [read_network(files)]
    return []


def kept_pipeline(files: Mapping[str, bytes]) -> Any:
    """The fitted pipeline of a classical model, None where there is none.

    Raises
    ------
    FitError
        If it holds anything that is not on the trusted list.
    """
    if MODEL_SKOPS not in files:
        return None
    from bakeoff.contestants._model_files import load_pipeline  # noqa: PLC0415 - loads scikit-learn

    return load_pipeline(files)
