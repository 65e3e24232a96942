"""Keras models of the user's own as contestants: built by a function, trained by Keras, judged like all others."""

import importlib.util
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bakeoff.contestants._protocol import Facts, Fitted, Job, MemberPlan, Predictions, Seconds, SummaryRow
from bakeoff.contestants._timing import TIMED_ROWS, one_row_ms
from bakeoff.errors import DataError, FitError, MissingExtraError, SettingsError
from bakeoff.types import Labels, ProgressCallback, Rows

__all__ = ["KERAS_JSON", "KERAS_TENSORS", "Build", "KerasContestant", "built_by", "import_keras", "names_code"]

Build = Callable[[tuple[int, ...], int], Any]
"""From the shape of one input, ``(height, width, channels)`` or ``(n_features,)``, and the number of classes to a
compiled Keras model."""

KERAS_JSON, KERAS_TENSORS = "keras.json", "keras.safetensors"
_PREFIX = "keras:"
_BATCH_ROWS = 1024
_SECONDS_GUESSED = 120.0
_MOST_LAYERS = 1000


def names_code(family: str) -> bool:
    """Whether a contestant of this family runs code that its name points at.

    Examples
    --------
    >>> names_code("keras:models.py:small_cnn"), names_code("dense:plain")
    (True, False)
    """
    return family.startswith(_PREFIX)


def built_by(model_files: Mapping[str, bytes]) -> str:
    """``FILE.py:FUNCTION`` of what `KerasContestant` left.

    Raises
    ------
    DataError
        If it does not say so.
    """
    try:
        build = json.loads(model_files[KERAS_JSON])["build"]
    except (ValueError, KeyError, TypeError, RecursionError):
        build = None
    if not isinstance(build, str):
        raise DataError(f"{KERAS_JSON} does not say what builds the model.")
    return build


@dataclass(frozen=True)
class KerasContestant:
    """A Keras model that a function builds.

    Parameters
    ----------
    name : str
        Unique in a bake-off.
    build : str or callable
        ``"FILE.py:FUNCTION"``, or the function itself: see `Build`. Pixels come as floats from 0 to 1, images with
        their shape; labels as one-hot rows, or as class numbers where the model was compiled with the sparse
        cross-entropy.
    epochs, batch_size : int
    early_stopping : bool
        Stop when the validation loss has not fallen for `patience` epochs, and restore the best epoch.
    patience : int

    Notes
    -----
    What its code does cannot be hashed, so its fits are never reused.
    """

    name: str
    build: str | Build
    epochs: int = 10
    batch_size: int = 128
    early_stopping: bool = False
    patience: int = 5

    is_random = True
    trains_populations = False
    member_settings: ClassVar[frozenset[str]] = frozenset()
    watches_validation = True

    def __post_init__(self) -> None:
        problems = [
            f"The '{name}' parameter of {self.name} must be an int in the range [1, inf). Got {value!r} instead."
            for name in ("epochs", "batch_size", "patience")
            if type(value := getattr(self, name)) is not int or value < 1
        ]
        if type(self.early_stopping) is not bool:
            problems.append(
                f"The 'early_stopping' parameter of {self.name} must be a bool. Got {self.early_stopping!r} instead."
            )
        if isinstance(self.build, str):
            path, _, function = self.build.rpartition(":")
            if not path.endswith(".py") or not function.isidentifier():
                problems.append(f"{self.name}: {self.build!r:.200} must be FILE.py:FUNCTION.")
        elif not callable(self.build):
            problems.append(f"{self.name}: build must be a function of (input_shape, n_classes).")
        if problems:
            raise SettingsError(problems)

    @classmethod
    def read(cls, name: str, family: str, settings: Mapping[str, Any]) -> "KerasContestant":
        """The contestant of a family ``keras:FILE.py:FUNCTION``.

        Raises
        ------
        SettingsError
            With every problem.
        """
        known = ("epochs", "batch_size", "early_stopping", "patience")
        unknown = [key for key in settings if key not in known]
        if unknown:
            raise SettingsError(
                f"{name}: unknown settings {', '.join(map(repr, unknown))}. Known are {', '.join(known)}."
            )
        return cls(name, family.removeprefix(_PREFIX), **settings)

    @property
    def family(self) -> str:
        """``keras:`` and the name of the function."""
        return _PREFIX + (self.build if isinstance(self.build, str) else getattr(self.build, "__name__", "model"))

    @property
    def chooses_on_validation(self) -> bool:
        """Whether early stopping looks at validation rows."""
        return self.early_stopping

    def resolve(self, facts: Facts) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's form
        """Its settings."""
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "early_stopping": self.early_stopping,
            "patience": self.patience,
        }

    def fingerprint(self) -> Mapping[str, str] | None:
        """None: a fit is never reused."""
        return None

    def estimate_seconds(self, facts: Facts, n_members: int) -> float:  # noqa: ARG002
        """A guess: nothing is known of the model before it is built."""
        return n_members * _SECONDS_GUESSED

    def members_that_fit(self, facts: Facts, memory_bytes: int) -> int:  # noqa: ARG002
        """Each is fitted alone."""
        return 1

    def fit(self, job: Job, progress: ProgressCallback) -> Sequence[Fitted]:
        """Train every member, one after the other; see `Contestant.fit`."""
        return [self._fit_member(job, member, progress) for member in job.members]

    def _fit_member(self, job: Job, member: MemberPlan, progress: ProgressCallback) -> Fitted:
        keras = import_keras()
        keras.utils.set_random_seed(member.seed % 2**32)
        model = self._built(job.facts)
        asked_for = member.epochs or self.epochs
        stops = self.early_stopping and member.epochs is None
        held = member.validation
        listeners = [_listener(keras, progress, member.seed, asked_for)]
        if stops:
            if held is None or not len(held):
                raise FitError(f"{self.name}: early_stopping needs validation rows.")
            listeners.append(
                keras.callbacks.EarlyStopping("val_loss", patience=self.patience, restore_best_weights=True)
            )
        inputs = _Inputs(model, job.facts)
        try:
            started = time.perf_counter()
            history = model.fit(
                inputs.of(job.X[member.train]),
                inputs.targets(job.y[member.train]),
                batch_size=self.batch_size,
                epochs=asked_for,
                validation_data=None if held is None else (inputs.of(job.X[held]), inputs.targets(job.y[held])),
                callbacks=listeners,
                verbose=0,
            )
            seconds_fit = time.perf_counter() - started
            if not np.isfinite(history.history["loss"][-1]):
                raise FitError("the loss became no number; lower the learning rate, or scale the rows")
        except (ValueError, TypeError, RuntimeError, ArithmeticError) as error:
            raise FitError(_in_one_line(error)) from error
        epochs = int(np.nanargmin(history.history["val_loss"])) + 1 if stops else len(history.epoch)
        predictions, seconds = _predict_parts(model, inputs, job, member, seconds_fit)
        return Fitted(
            predictions=predictions,
            seconds=seconds,
            history={key: [float(value) for value in values] for key, values in history.history.items()},
            epochs=epochs,
            model_files=self._files(model, job.facts) if member.keep_model else {},
            summary=[_summary_row(layer) for layer in model.layers[:_MOST_LAYERS]],
            n_parameters=int(model.count_params()),
        )

    def _built(self, facts: Facts) -> Any:
        build = _function(self.build) if isinstance(self.build, str) else self.build
        try:
            model = build(_shape(facts), facts.n_classes)
        except Exception as error:  # whatever the user's function raises is why this fit failed
            raise FitError(f"{self.family} raised {_in_one_line(error)}") from error
        if not getattr(model, "compiled", False):
            raise FitError(f"{self.family} must return a compiled Keras model.")
        try:
            if not model.built:
                model.build((None, *_shape(facts)))
            outputs = tuple(model.compute_output_shape((None, *_shape(facts)))[1:])
        except Exception as error:  # the user's layers run here too
            raise FitError(f"{self.family} raised {_in_one_line(error)}") from error
        if outputs != (facts.n_classes,):
            raise FitError(f"{self.family} must have one output a class, {facts.n_classes}. Got {outputs}.")
        return model

    def _files(self, model: Any, facts: Facts) -> dict[str, bytes]:
        """The weights, and which function builds what they belong to: none where it is no file's."""
        if not isinstance(self.build, str):
            return {}
        from safetensors.numpy import save  # noqa: PLC0415

        arrays = {f"{number:05}": np.ascontiguousarray(array) for number, array in enumerate(model.get_weights())}
        description = {"build": self.build, "shape": list(_shape(facts)), "n_classes": facts.n_classes}
        return {KERAS_TENSORS: save(arrays), KERAS_JSON: json.dumps(description, indent=1).encode()}

    def predict(self, model_files: Mapping[str, bytes], X: Rows, facts: Facts) -> Predictions:
        """Build the model again, load its weights and let it predict.

        Raises
        ------
        DataError
            If the weights are not those of what the function builds.
        """
        from safetensors import SafetensorError  # noqa: PLC0415
        from safetensors.numpy import load  # noqa: PLC0415

        model = self._built(facts)
        try:
            arrays = load(model_files[KERAS_TENSORS])
            model.set_weights([arrays[name] for name in sorted(arrays)])
        except (SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{KERAS_TENSORS} is not of this model: {' '.join(str(error).split())[:200]}") from None
        inputs = _Inputs(model, facts)
        return _predictions(_outputs(model, inputs, X))


class _Inputs:
    """Rows and labels in the form that a model takes."""

    def __init__(self, model: Any, facts: Facts) -> None:
        self._facts = facts
        self._has_class_numbers = "sparse" in json.dumps(model.get_compile_config().get("loss"), default=str).lower()

    def of(self, rows: Rows) -> NDArray[np.float32]:
        floats = rows.astype(np.float32)
        if self._facts.pixel_max:
            floats /= self._facts.pixel_max
        return floats.reshape(len(rows), *_shape(self._facts))

    def targets(self, labels: Labels) -> NDArray[Any]:
        if self._has_class_numbers:
            return labels
        return np.eye(self._facts.n_classes, dtype=np.float32)[labels]


def _shape(facts: Facts) -> tuple[int, ...]:
    return facts.image_shape if facts.image_shape is not None else (facts.n_features,)


def import_keras() -> Any:
    """Keras, or what to install.

    Raises
    ------
    MissingExtraError
    """
    try:
        import keras  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a Keras model", "keras") from None
    return keras


def _function(build: str) -> Build:
    """The function that ``FILE.py:FUNCTION`` names. Runs the file."""
    place, _, name = build.rpartition(":")
    path = Path(place).resolve()
    module_name = f"_bakeoff_{path.stem}"
    found = importlib.util.spec_from_file_location(module_name, path) if path.is_file() else None
    if found is None or found.loader is None:
        raise FitError(f"there is no file {place!r:.200} to build a Keras model with.")
    module = importlib.util.module_from_spec(found)
    sys.modules[module_name] = module  # so that what it defines can be pickled, and registered with Keras
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's file raises is why this fit failed
        raise FitError(f"{place} raised {_in_one_line(error)}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise FitError(f"{place} has no function {name!r}.")
    made: Build = function
    return made


def _in_one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


def _listener(keras: Any, progress: ProgressCallback, seed: int, epochs: int) -> Any:
    def tell(epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logs = logs or {}
        news = {"epoch": epoch + 1, "epochs": epochs, "seed": seed, "loss": float(logs.get("loss", float("nan")))}
        if "val_accuracy" in logs:
            news["validation"] = float(logs["val_accuracy"])
        progress(news)

    return keras.callbacks.LambdaCallback(on_epoch_end=tell)


def _predict_parts(
    model: Any, inputs: _Inputs, job: Job, member: MemberPlan, seconds_fit: float
) -> tuple[dict[str, Predictions], Seconds]:
    for rows in member.predict.values():  # the first batch builds the program
        _outputs(model, inputs, job.X[rows[:TIMED_ROWS]])
    started = time.perf_counter()
    predictions = {part: _predictions(_outputs(model, inputs, job.X[rows])) for part, rows in member.predict.items()}
    seconds_predict = time.perf_counter() - started
    one_ms = one_row_ms(lambda row: _outputs(model, inputs, row), job.X, member)
    return predictions, Seconds(seconds_fit, 0.0, seconds_predict, one_ms)


def _outputs(model: Any, inputs: _Inputs, rows: Rows) -> NDArray[np.float32]:
    parts = [
        np.asarray(model.predict_on_batch(inputs.of(rows[first : first + _BATCH_ROWS])), np.float32)
        for first in range(0, len(rows), _BATCH_ROWS)
    ]
    return np.concatenate(parts)


def _predictions(outputs: NDArray[np.float32]) -> Predictions:
    if not np.isfinite(outputs).all():
        raise FitError("the model's outputs are no numbers")
    labels = outputs.argmax(axis=1).astype(np.int32)
    sums = outputs.sum(axis=1, dtype=np.float64)
    if (outputs >= 0).all() and np.allclose(sums, 1.0, atol=1e-3):
        return Predictions(labels, probabilities=(outputs / sums[:, None]).astype(np.float32))
    return Predictions(labels, scores=outputs)


def _summary_row(layer: Any) -> SummaryRow:
    try:
        output = str(tuple(layer.output.shape))
    except (AttributeError, ValueError):
        output = ""
    return SummaryRow(f"{layer.name} ({type(layer).__name__})", output, int(layer.count_params()))
