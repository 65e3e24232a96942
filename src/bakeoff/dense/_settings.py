"""The settings of a dense network: as a user writes them, filled in from the data, and as the engine takes them.

A value of None is filled in from the data by `DenseSettings.resolve`; a resolved set of settings has no None but for
``class_weight``, and resolving it again gives it again.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self, cast

import numpy as np

from bakeoff.dense._activations import Activation, OutputActivation
from bakeoff.dense._augment import Image
from bakeoff.dense._constraints import Choice
from bakeoff.dense._distortion import Distortion, distortion_of
from bakeoff.dense._scaling import Scale
from bakeoff.dense._settings_table import accepted
from bakeoff.dense._spec import (
    LOSSES_OF_OUTPUT,
    BiasInitializer,
    Loss,
    NetworkSpec,
    OptimizerName,
    Precision,
    Rates,
    ScheduleName,
    TrainingSpec,
    TrainScores,
)
from bakeoff.dense._stopping import EarlyStopping, Monitor, Plateau
from bakeoff.errors import SettingsError
from bakeoff.types import Kind, Labels

__all__ = ["RATE_SETTINGS", "DataShape", "DenseSettings"]


@dataclass(frozen=True, slots=True)
class DataShape:
    """What settings may be filled in from.

    Parameters
    ----------
    kind : {"images", "rows"}
    n_train, n_features, n_classes : int
    pixel_max : int or None
    label_codes : tuple of int or None
        The original whole-number labels in the order of the class indices.
    image_shape : (height, width, channels) or None
    """

    kind: Kind
    n_train: int
    n_features: int
    n_classes: int
    pixel_max: int | None = None
    label_codes: tuple[int, ...] | None = None
    image_shape: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class DenseSettings:
    """Every setting of a dense network.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
    activation : str
        ``relu tanh sigmoid gelu elu silu leaky_relu linear``.
    output_activation : str
        ``softmax sigmoid tanh linear``.
    loss : str or None
        ``categorical_crossentropy mean_squared_error binary_crossentropy``; None: the one that fits the output.
    output_units : int or None
        Units of the last layer; None: one a class, but with two classes and a sigmoid one in all, as everywhere: the
        logit of the second class. With more units than classes, a class whose original label is a whole number below
        `output_units` takes the column of that number.
    optimizer : str
        ``sgd adam adamw rmsprop``.
    learning_rate : float or None
        None: Keras' default, 0.01 for SGD and 0.001 for the others.
    momentum : float
        Of SGD and RMSprop.
    nesterov : bool
    beta_1, beta_2, epsilon : float
        Of Adam and AdamW; `epsilon` also of RMSprop.
    rho : float
        Of RMSprop.
    weight_decay : float or None
        Decoupled; None: 0.05 for AdamW (Keras: 0.004), else 0.
    l2 : float
    dropout : float or None
        None: 0.1, and 0 where images are distorted: a second noise costs more than it gives.
    input_dropout : float
        Of the scaled inputs, so that a standardised pixel becomes its mean.
    adversarial_radius : float
        Every training row is also learnt from where its loss is larger: this far away, as a Euclidean distance of
        scaled inputs, along the gradient [1]_. 0: not. It takes twice the time, and gives what augmentation gives where
        nothing is known of the inputs.
    label_smoothing : float or None
        None: 0.05 with categorical cross-entropy, else 0.
    batch_normalization : bool
    bias_initializer : {"zeros", "uniform"}
        ``"zeros"`` as in Keras; ``"uniform"``, in the range of the layer's weights, as in scikit-learn: with few
        features and few steps that is better, as the units then bend in different places from the start.
    ema_momentum : float
        Of a moving average of the weights after every step, which is what is scored and kept: Keras' ``use_ema`` and
        ``ema_momentum``. 0: none.
    class_weight : "balanced", list of float or None
        In the order of the classes.
    batch_size, epochs : int or None
        None: from the number of training rows.
    schedule : str
        ``constant cosine step plateau``.
    warmup_epochs : float or None
        Of the cosine schedule; None: a twentieth of `epochs`.
    minimum_learning_rate : float
    decay_epochs : float or None
        Of the step schedule; None: a third of `epochs`.
    decay_factor : float
        Of the step and plateau schedules.
    plateau_patience : int
    early_stopping : bool
        Stop and restore the best epoch.
    patience : int
    min_delta : float
    monitor : str
        What early stopping and the plateau schedule watch. Without validation rows, the plateau schedule watches
        the same score of training.
    train_scores : {"running", "exact", "none"}
        See `TrainingSpec`.
    scale : {"unit", "standard", "none"} or None
        None: ``"standard"``, with which pixels that hardly vary are not blown up.
    augment : str, mapping or None
        ``"none"``, a preset (``"affine"``, ``"elastic"``, ``"photo"``) or strengths by their names (see `Distortion`):
        training images are distorted anew in every step. None: ``"affine"`` for images. Resolved: every strength, or
        ``"none"``.
    precision : {"float32", "bfloat16", "float64"}

    References
    ----------
    .. [1] Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", 2015; with a Euclidean
       distance in Miyato et al., "Distributional smoothing with virtual adversarial training", 2016.
    """

    hidden_layer_sizes: tuple[int, ...] = (256, 128)
    activation: Activation = "relu"
    output_activation: OutputActivation = "softmax"
    loss: Loss | None = None
    output_units: int | None = None
    optimizer: OptimizerName = "adamw"
    learning_rate: float | None = None
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    rho: float = 0.9
    epsilon: float = 1e-7
    weight_decay: float | None = None
    l2: float = 0.0
    dropout: float | None = None
    input_dropout: float = 0.0
    adversarial_radius: float = 0.0
    label_smoothing: float | None = None
    batch_normalization: bool = False
    bias_initializer: BiasInitializer = "zeros"
    ema_momentum: float = 0.0
    class_weight: Any = None
    batch_size: int | None = None
    epochs: int | None = None
    schedule: ScheduleName = "cosine"
    warmup_epochs: float | None = None
    minimum_learning_rate: float = 0.0
    decay_epochs: float | None = None
    decay_factor: float = 0.1
    plateau_patience: int = 5
    early_stopping: bool = False
    patience: int = 10
    min_delta: float = 0.0
    monitor: Monitor = "val_loss"
    train_scores: TrainScores = "running"
    scale: Scale | None = None
    augment: Any = None
    precision: Precision = "float32"

    @classmethod
    def read(cls, settings: Mapping[str, Any], of: str = "dense") -> Self:
        """Check what a user wrote.

        Parameters
        ----------
        settings : mapping
        of : str
            Who has these settings, for messages.

        Raises
        ------
        SettingsError
            With every problem: unknown names, wrong values.

        Examples
        --------
        >>> DenseSettings.read({"learning_rate": -1})
        Traceback (most recent call last):
            ...
        bakeoff.errors.SettingsError: The 'learning_rate' parameter of dense must be None or a float in the range \
(0, inf). Got -1 instead.
        """
        values = accepted(settings, of)
        if "hidden_layer_sizes" in values:
            values["hidden_layer_sizes"] = tuple(values["hidden_layer_sizes"])
        return cls(**values)

    def as_mapping(self) -> dict[str, Any]:
        """Every setting as plain JSON data."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def resolve(self, shape: DataShape, of: str = "dense") -> Self:
        """Every setting filled in for these data.

        Parameters
        ----------
        shape : DataShape
        of : str

        Raises
        ------
        SettingsError
            If settings do not fit the data or each other.
        """
        loss = self.loss or LOSSES_OF_OUTPUT[self.output_activation][0]
        # Enough steps to converge on small data, not more passes than large data need.
        epochs = self.epochs or min(100, max(5, math.ceil(1_200_000 / max(shape.n_train, 1))))
        augment = _resolved_augment(self.augment, shape)
        resolved = replace(
            self,
            loss=loss,
            output_units=self.output_units or (1 if self._may_be_logistic(shape) else shape.n_classes),
            learning_rate=self.learning_rate or (0.01 if self.optimizer == "sgd" else 0.001),
            weight_decay=_or(self.weight_decay, 0.05 if self.optimizer == "adamw" else 0.0),
            label_smoothing=_or(self.label_smoothing, 0.05 if loss == "categorical_crossentropy" else 0.0),
            batch_size=self.batch_size or (128 if shape.n_train >= 10_000 else 32),
            epochs=epochs,
            warmup_epochs=_or(self.warmup_epochs, epochs / 20),
            decay_epochs=self.decay_epochs or max(1.0, epochs / 3),
            scale=self.scale or "standard",
            augment=augment,
            dropout=_or(self.dropout, 0.1 if augment == "none" else 0.0),
        )
        problems = list(resolved._conflicts(shape, of))
        if problems:
            raise SettingsError(problems)
        return resolved

    def _conflicts(self, shape: DataShape, of: str) -> list[str]:
        said = f"of {of}"
        problems = []
        fitting = LOSSES_OF_OUTPUT[self.output_activation]
        if self.loss not in fitting:
            problems.append(
                f"The 'loss' parameter {said} must be {Choice(fitting)} with output_activation "
                f"{self.output_activation!r}. Got {self.loss!r} instead."
            )
        if self.label_smoothing and self.loss == "mean_squared_error":
            problems.append(
                f"The 'label_smoothing' parameter {said} must be 0 with mean_squared_error. "
                f"Got {self.label_smoothing!r} instead."
            )
        if self.momentum and self.optimizer in ("adam", "adamw"):
            problems.append(
                f"The 'momentum' parameter {said} must be 0 with {self.optimizer}, which has beta_1. "
                f"Got {self.momentum!r} instead."
            )
        if self.nesterov and not (self.optimizer == "sgd" and self.momentum):
            problems.append(f"The 'nesterov' parameter {said} needs sgd with a momentum above 0.")
        if (self.output_units or 0) < shape.n_classes and not (self.output_units == 1 and self._may_be_logistic(shape)):
            problems.append(
                f"The 'output_units' parameter {said} must be at least the number of classes, {shape.n_classes}, "
                f"or 1 with two classes and output_activation 'sigmoid'. Got {self.output_units} instead."
            )
        if self.train_scores == "none" and self.monitor == "f1" and (self.early_stopping or self.schedule == "plateau"):
            problems.append(f"The 'monitor' parameter {said} cannot be 'f1' with train_scores 'none'.")
        if isinstance(self.class_weight, list) and len(self.class_weight) != shape.n_classes:
            problems.append(
                f"The 'class_weight' parameter {said} must have one number for each of the {shape.n_classes} classes. "
                f"Got {len(self.class_weight)} instead."
            )
        if self.augment != "none" and (shape.image_shape is None or shape.pixel_max is None):
            problems.append(f"The 'augment' parameter {said} must be 'none' for plain rows: only images are distorted.")
        if self.scale == "unit" and shape.pixel_max is None:
            problems.append(
                f"The 'scale' parameter {said} must be 'standard' or 'none' for plain rows. Got 'unit' instead."
            )
        return problems

    def _may_be_logistic(self, shape: DataShape) -> bool:
        return shape.n_classes == 2 and self.output_activation == "sigmoid"

    def class_columns(self, shape: DataShape) -> tuple[int, ...]:
        """The output column of each class."""
        codes = shape.label_codes
        units = cast("int", self.output_units)
        if codes is None or units == shape.n_classes or max(codes) >= units:
            return tuple(range(shape.n_classes))
        return tuple(codes)

    def spec(self, shape: DataShape) -> TrainingSpec:
        """The static part. Needs resolved settings."""
        network = NetworkSpec(
            n_features=shape.n_features,
            hidden_layer_sizes=self.hidden_layer_sizes,
            n_outputs=max(cast("int", self.output_units), shape.n_classes),
            activation=self.activation,
            output_activation=self.output_activation,
            batch_normalization=self.batch_normalization,
            precision=self.precision,
            is_logistic=self.output_units == 1,
        )
        return TrainingSpec(
            network=network,
            class_columns=self.class_columns(shape),
            batch_size=cast("int", self.batch_size),
            loss=cast("Loss", self.loss),
            optimizer=self.optimizer,
            nesterov=self.nesterov,
            bias_initializer=self.bias_initializer,
            schedule=self.schedule,
            train_scores=self.train_scores,
            distortions=self.distortion().kinds(),
            image=self._image(shape),
            uses_momentum=self.momentum > 0,
            uses_dropout=bool(self.dropout),
            uses_input_dropout=self.input_dropout > 0,
            uses_adversarial=self.adversarial_radius > 0,
            uses_l2=self.l2 > 0,
            uses_weight_decay=bool(self.weight_decay),
            uses_label_smoothing=bool(self.label_smoothing),
            uses_ema=self.ema_momentum > 0,
        )

    def rates(self, epochs: int, labels: Labels, n_classes: int) -> Rates:
        """The numbers of one member. Needs resolved settings.

        Parameters
        ----------
        epochs : int
            What the schedule spans: its warm-up and decay shrink or grow with it.
        labels : (n,) int32
            Of the training rows, for ``class_weight="balanced"``: as in scikit-learn, ``n / (n_classes * count)``.
        n_classes : int
        """
        weights = self.class_weight
        if weights == "balanced":
            counts = np.bincount(labels, minlength=n_classes)
            weights = [len(labels) / (n_classes * max(count, 1)) for count in counts.tolist()]
        stretch = epochs / cast("int", self.epochs)
        return Rates(
            total_epochs=float(epochs),
            warmup_epochs=cast("float", self.warmup_epochs) * stretch,
            decay_epochs=cast("float", self.decay_epochs) * stretch,
            class_weights=weights,
            **{name: getattr(self, name) for name in _PLAIN_RATES},
        )

    def distortion(self) -> Distortion:
        """How strongly training images are distorted. Needs resolved settings."""
        return distortion_of(self.augment)

    def _image(self, shape: DataShape) -> Image | None:
        if self.augment == "none" or shape.image_shape is None or shape.pixel_max is None:
            return None
        return Image(*shape.image_shape, shape.pixel_max)

    def stopping_rule(self) -> EarlyStopping | None:
        """What early stopping watches, if it is on."""
        return EarlyStopping(self.monitor, self.patience, self.min_delta) if self.early_stopping else None

    def plateau_rule(self, has_validation: bool) -> Plateau | None:
        """What the plateau schedule watches, if it is the schedule."""
        if self.schedule != "plateau":
            return None
        monitor = self.monitor if has_validation else cast("Monitor", self.monitor.removeprefix("val_"))
        return Plateau(monitor, self.plateau_patience, self.decay_factor)


_PLAIN_RATES = (
    "learning_rate",
    "momentum",
    "beta_1",
    "beta_2",
    "rho",
    "epsilon",
    "weight_decay",
    "l2",
    "dropout",
    "input_dropout",
    "adversarial_radius",
    "label_smoothing",
    "decay_factor",
    "minimum_learning_rate",
    "ema_momentum",
)

RATE_SETTINGS = frozenset(_PLAIN_RATES) - {"ema_momentum"} | {"epochs", "warmup_epochs", "decay_epochs"}
"""In these the members of one program may differ. An average of weights takes memory only where it is kept."""


def _resolved_augment(augment: str | Mapping[str, float] | None, shape: DataShape) -> str | dict[str, float]:
    is_image = shape.kind == "images" and shape.image_shape is not None and shape.pixel_max is not None
    distortion = distortion_of(augment or ("affine" if is_image else "none"))
    return distortion.as_mapping() if distortion.kinds() else "none"


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
