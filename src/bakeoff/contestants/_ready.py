"""A kept model that is asked many times: read once, then only predictions."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from bakeoff.contestants._kept import MODEL_SKOPS, kept_networks
from bakeoff.contestants._protocol import Facts, Predictions
from bakeoff.contestants._registry import predict_with
from bakeoff.types import Rows

__all__ = ["ReadyModel", "ready_model"]

ReadyModel: TypeAlias = Callable[[Rows], Predictions]
"""Rows (n, n_features) of the form that the model was trained on, and what it says of them."""


def ready_model(model_files: Mapping[str, bytes], facts: Facts, runs_code: bool = False) -> ReadyModel:
    """The model of these files; it says what `predict_with` says.

    Parameters
    ----------
    model_files : mapping of file name to bytes
    facts : Facts
    runs_code : bool
        Whether the code that a Keras model is built by may be run.

    Raises
    ------
    DataError, FitError, SettingsError
        As `predict_with`.
    """
    networks = kept_networks(model_files)
    if networks:
        from bakeoff.contestants._dense import said_by  # noqa: PLC0415 - loads JAX
        from bakeoff.contestants._ensemble import mean_of  # noqa: PLC0415
        from bakeoff.dense import Predictor  # noqa: PLC0415

        predictors = [Predictor(network) for network in networks]
        if len(predictors) == 1:
            return lambda rows: said_by(predictors[0], rows)
        return lambda rows: mean_of([said_by(predictor, rows) for predictor in predictors])
    if MODEL_SKOPS in model_files:
        from bakeoff.contestants._model_files import load_pipeline, load_settings  # noqa: PLC0415
        from bakeoff.contestants._predicting import predict_rows  # noqa: PLC0415
        from bakeoff.contestants._quick_forest import QuickForest  # noqa: PLC0415

        pipeline, engine = load_pipeline(model_files), str(load_settings(model_files).get("engine", "sklearn"))
        classifier = pipeline.steps[-1][1]
        quick = QuickForest.of(classifier)
        if quick is not None:
            pipeline.steps[-1] = (pipeline.steps[-1][0], quick)
        elif "n_jobs" in getattr(classifier, "get_params", dict)():
            classifier.set_params(n_jobs=1)  # starting threads takes longer than a few rows
        return lambda rows: predict_rows(pipeline, rows, facts.n_classes, engine)
    return lambda rows: predict_with(model_files, rows, facts, runs_code)
