"""`DenseClassifier`: a dense network that behaves like every other classifier of scikit-learn."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from bakeoff.dense import (
    DataShape,
    DenseSettings,
    LayerSummary,
    Member,
    Predictor,
    Task,
    fit_population,
    summary,
)
from bakeoff.errors import FitError, SettingsError
from bakeoff.types import Labels, RowIndices

__all__ = ["DenseClassifier"]

_OWN = ("validation_fraction", "random_state", "class_weight", "image_shape")


def _image_shape(given: Any, n_features: int) -> tuple[int, int, int] | str | None:
    """The shape with its channels, or what is wrong with it."""
    if given is None:
        return None
    sizes = tuple(given) if isinstance(given, (tuple, list)) else ()
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
    height, width, channels = (*sizes, 1)[:3] if len(sizes) in (2, 3) else (0, 0, 0)
    if not whole or height * width * channels != n_features:
        return (
            "The 'image_shape' parameter of DenseClassifier must be (height, width) or (height, width, channels) with "
            f"{n_features} pixels, the number of features. Got {given!r:.200} instead."
        )
    return int(height), int(width), int(channels)


def _has_probabilities(estimator: "DenseClassifier") -> bool:
    if estimator.output_activation in ("softmax", "sigmoid"):
        return True
    raise AttributeError(f"output_activation={estimator.output_activation!r} has no probabilities")


def _has_no_probabilities(estimator: "DenseClassifier") -> bool:
    if estimator.output_activation in ("tanh", "linear"):
        return True
    raise AttributeError(f"output_activation={estimator.output_activation!r} has probabilities; ask predict_proba")


class DenseClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A dense neural network, trained by one compiled program.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    activation : {"relu", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu", "linear"}
    output_activation : {"softmax", "sigmoid", "tanh", "linear"}
        The last two give no probabilities: ask `decision_function`.
    loss : str or None
        ``"categorical_crossentropy"``, ``"mean_squared_error"``, ``"binary_crossentropy"``; None: what fits the
        output.
    optimizer : {"sgd", "adam", "adamw", "rmsprop"}
    learning_rate : float or None
        None: Keras' default for the optimizer.
    momentum : float
    nesterov : bool
    beta_1, beta_2, rho, epsilon : float
        As in Keras.
    weight_decay : float or None
        Decoupled; None: 0.05 for AdamW, else 0.
    l2 : float
        ``l2 * sum(w**2)`` is added to the loss, as by Keras' ``kernel_regularizer``.
    dropout : float or None
        None: 0.1, and 0 where images are distorted.
    input_dropout : float
        Of the scaled inputs.
    adversarial_radius : float
        Rows are also learnt from where their loss is larger, this far away; see `bakeoff.dense.DenseSettings`.
    label_smoothing : float or None
        None: 0.05 with categorical cross-entropy, else 0.
    batch_normalization : bool
    ema_momentum : float
        Of a moving average of the weights, which is scored and kept, as Keras' ``use_ema``; 0: none.
    class_weight : dict, "balanced", list or None
        Of each class, by its label, or in the order of `classes_`.
    batch_size, epochs : int or None
        None: from the number of rows.
    schedule : {"constant", "cosine", "step", "plateau"}
    warmup_epochs, decay_epochs : float or None
    minimum_learning_rate, decay_factor : float
    plateau_patience : int
    validation_fraction : float
        Share of the rows that is kept apart, stratified, and scored after every epoch. 0: none.
    early_stopping : bool
        Stop when `monitor` has not improved for `patience` epochs, and restore the best epoch.
    patience : int
    min_delta : float
    monitor : str
        A key of `history_`.
    train_scores : {"running", "exact", "none"}
        How ``accuracy`` and ``f1`` of the training rows come about; ``"none"`` is fastest and has no ``f1``.
    scale : {"unit", "standard", "none"} or None
        ``"unit"``: divide by 255. None: ``"standard"`` for ``uint8``, and nothing for other numbers.
    augment : str, mapping or None
        ``"none"``, a preset (``"affine"``, ``"elastic"``, ``"photo"``) or strengths by name: training images are
        distorted anew in every step. None: ``"affine"`` for ``uint8`` rows with an `image_shape`.
    image_shape : (height, width) or (height, width, channels) or None
        What the rows are; needed to distort them.
    precision : {"float32", "bfloat16", "float64"}
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : (n_classes,)
    n_features_in_ : int
    history_ : dict
        Keras' keys, one number an epoch.
    loss_curve_ : list of float
        ``history_["loss"]``.
    n_iter_ : int
        Epochs that the weights had: the best one with early stopping.
    network_ : bakeoff.dense.Network

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = DenseClassifier((32,), epochs=20, scale="standard", random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    def __init__(  # noqa: PLR0913
        self,
        hidden_layer_sizes: Any = (256, 128),
        *,
        activation: Any = "relu",
        output_activation: Any = "softmax",
        loss: Any = None,
        optimizer: Any = "adamw",
        learning_rate: Any = None,
        momentum: Any = 0.0,
        nesterov: Any = False,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        rho: Any = 0.9,
        epsilon: Any = 1e-7,
        weight_decay: Any = None,
        l2: Any = 0.0,
        dropout: Any = None,
        input_dropout: Any = 0.0,
        adversarial_radius: Any = 0.0,
        label_smoothing: Any = None,
        batch_normalization: Any = False,
        ema_momentum: Any = 0.0,
        class_weight: Any = None,
        batch_size: Any = None,
        epochs: Any = None,
        schedule: Any = "cosine",
        warmup_epochs: Any = None,
        minimum_learning_rate: Any = 0.0,
        decay_epochs: Any = None,
        decay_factor: Any = 0.1,
        plateau_patience: Any = 5,
        validation_fraction: Any = 0.0,
        early_stopping: Any = False,
        patience: Any = 10,
        min_delta: Any = 0.0,
        monitor: Any = "val_loss",
        train_scores: Any = "running",
        scale: Any = None,
        augment: Any = None,
        image_shape: Any = None,
        precision: Any = "float32",
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.output_activation = output_activation
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.rho = rho
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.l2 = l2
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.adversarial_radius = adversarial_radius
        self.label_smoothing = label_smoothing
        self.batch_normalization = batch_normalization
        self.ema_momentum = ema_momentum
        self.class_weight = class_weight
        self.batch_size = batch_size
        self.epochs = epochs
        self.schedule = schedule
        self.warmup_epochs = warmup_epochs
        self.minimum_learning_rate = minimum_learning_rate
        self.decay_epochs = decay_epochs
        self.decay_factor = decay_factor
        self.plateau_patience = plateau_patience
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.min_delta = min_delta
        self.monitor = monitor
        self.train_scores = train_scores
        self.scale = scale
        self.augment = augment
        self.image_shape = image_shape
        self.precision = precision
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train the network.

        Parameters
        ----------
        X : (n_samples, n_features)
            ``uint8`` pixels or numbers.
        y : (n_samples,)

        Returns
        -------
        self

        Raises
        ------
        SettingsError
            With every parameter that is wrong.
        FitError
            If the loss stops being a number.
        """
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64, np.uint8])
        check_classification_targets(y)
        classes, inverse = np.unique(y, return_inverse=True)
        labels: Labels = inverse.astype(np.int32)
        if len(classes) < 2:
            raise ValueError("DenseClassifier needs at least two classes. Got 1 class.")
        settings, shape = self._settings(X, classes)
        random = check_random_state(self.random_state)
        seed = int(random.randint(np.iinfo(np.int32).max))
        train, validation = self._parts(labels, seed)
        member = self._member(settings, labels, seed, (train, validation))
        task = Task(X, labels, settings.scale or "none", shape.pixel_max)
        fitted = fit_population(settings.spec(shape), task, [member]).members[0]
        if fitted.reason is not None:
            raise FitError(fitted.reason)
        self.classes_ = classes
        self.network_ = fitted.network
        self.history_ = dict(fitted.history)
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_ = fitted.epochs
        return self

    def _settings(self, X: NDArray[Any], classes: NDArray[Any]) -> tuple[DenseSettings, DataShape]:
        given = {name: value for name, value in self.get_params(deep=False).items() if name not in _OWN}
        given["class_weight"] = self._class_weight(classes)
        if given["scale"] is None:
            given["scale"] = "standard" if X.dtype == np.uint8 else "none"
        problems = []
        fraction = self.validation_fraction
        if not isinstance(fraction, (int, float)) or isinstance(fraction, bool) or not 0 <= fraction < 1:
            problems.append(
                "The 'validation_fraction' parameter of DenseClassifier must be a float in the range [0, 1). "
                f"Got {fraction!r} instead."
            )
        elif not fraction and self.early_stopping is True and str(self.monitor).startswith("val_"):
            problems.append(
                "The 'early_stopping' parameter of DenseClassifier needs validation rows to watch "
                f"{self.monitor!r}: set validation_fraction, for example to 0.1."
            )
        image_shape = _image_shape(self.image_shape, X.shape[1])
        if isinstance(image_shape, str):
            problems.append(image_shape)
        try:
            settings = DenseSettings.read(given, of="DenseClassifier")
        except SettingsError as error:
            raise SettingsError([*error.problems, *problems]) from None
        if problems:
            raise SettingsError(problems)
        known = None if isinstance(image_shape, str) or X.dtype != np.uint8 else image_shape
        shape = DataShape("images", len(X), X.shape[1], len(classes), pixel_max=255, image_shape=known)
        return settings.resolve(shape, of="DenseClassifier"), shape

    def _class_weight(self, classes: NDArray[Any]) -> Any:
        if not isinstance(self.class_weight, Mapping):
            return self.class_weight
        known = set(classes.tolist())
        unknown = [label for label in self.class_weight if label not in known]
        if unknown:
            raise SettingsError(
                "The 'class_weight' parameter of DenseClassifier must name classes of y. "
                f"Got {', '.join(map(repr, unknown))} instead."
            )
        return [float(self.class_weight.get(label, 1.0)) for label in classes.tolist()]

    def _parts(self, labels: Labels, seed: int) -> tuple[RowIndices, RowIndices | None]:
        if not self.validation_fraction:
            return np.arange(len(labels)), None
        splitter = StratifiedShuffleSplit(1, test_size=self.validation_fraction, random_state=seed)
        train, validation = next(splitter.split(np.zeros(len(labels)), labels))
        return np.sort(train), np.sort(validation)

    def _member(
        self, settings: DenseSettings, labels: Labels, seed: int, parts: tuple[RowIndices, RowIndices | None]
    ) -> Member:
        train, validation = parts
        epochs = settings.epochs or 1
        return Member(
            seed=seed,
            train=train,
            validation=validation,
            epochs=epochs,
            rates=settings.rates(epochs, labels[train], int(labels.max()) + 1),
            early_stopping=settings.stopping_rule(),
            plateau=settings.plateau_rule(validation is not None),
            distortion=settings.distortion(),
        )

    def _outputs(self, X: Any) -> tuple[Predictor, NDArray[Any]]:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64, np.uint8], reset=False)
        predictor = Predictor(self.network_)
        return predictor, predictor.outputs(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row.

        Parameters
        ----------
        X : (n_samples, n_features)

        Returns
        -------
        (n_samples,)
        """
        predictor, outputs = self._outputs(X)
        return np.asarray(self.classes_[predictor.labels(outputs)])

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probability of each class, in the order of `classes_`.

        Parameters
        ----------
        X : (n_samples, n_features)

        Returns
        -------
        (n_samples, n_classes)
        """
        predictor, outputs = self._outputs(X)
        return predictor.of_classes(outputs)

    @available_if(_has_no_probabilities)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Output of each class; of two classes, the second's minus the first's.

        Parameters
        ----------
        X : (n_samples, n_features)

        Returns
        -------
        (n_samples, n_classes) or (n_samples,)
        """
        predictor, outputs = self._outputs(X)
        scores = predictor.of_classes(outputs)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def summary(self) -> list[LayerSummary]:
        """The layers with their outputs and numbers of parameters."""
        check_is_fitted(self)
        return summary(self.network_.spec)
