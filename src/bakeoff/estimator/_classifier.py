"""`DenseClassifier`: a dense network that behaves like every other classifier of scikit-learn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from bakeoff.dense import LayerSummary, Member, Network, NetworkSpec, Predictor, Start, Task, fit_population, summary
from bakeoff.errors import FitError, InteropError
from bakeoff.estimator._parameters import read_settings
from bakeoff.estimator._rows import kinds_of, parts_of, read_rows
from bakeoff.estimator._training import are_alike, continue_training, with_outputs

__all__ = ["DenseClassifier"]


def _has_probabilities(estimator: "DenseClassifier") -> bool:
    if estimator.output_activation in ("softmax", "sigmoid"):
        return True
    raise AttributeError(f"output_activation={estimator.output_activation!r} has no probabilities")


def _has_no_probabilities(estimator: "DenseClassifier") -> bool:
    if estimator.output_activation in ("tanh", "linear"):
        return True
    raise AttributeError(f"output_activation={estimator.output_activation!r} has probabilities; ask predict_proba")


def _does_not_stop_early(estimator: "DenseClassifier") -> bool:
    if not estimator.early_stopping:
        return True
    raise AttributeError("partial_fit does not know of early stopping: early_stopping must be False")


class DenseClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A dense neural network, trained by one compiled program.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    activation : {"relu", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu", "linear"}
    output_activation : {"softmax", "sigmoid", "tanh", "linear"}
        The last two give no probabilities: ask `decision_function`. With two classes a sigmoid is one logistic output,
        as `MLPClassifier` has.
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
    bias_initializer : {"zeros", "uniform"}
        Zeros as in Keras, or in the range of the weights as in `MLPClassifier`.
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
    warm_start : bool
        `fit` goes on from the weights of the last fit, with the optimizer and the schedule from their beginning.
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

    classes_: NDArray[Any]
    network_: Network
    history_: dict[str, list[float]]
    n_iter_: int
    _goes_on_from: Start | None

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
        bias_initializer: Any = "zeros",
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
        warm_start: Any = False,
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
        self.bias_initializer = bias_initializer
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
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : (n_samples, n_features)
            ``uint8`` pixels or numbers.
        y : (n_samples,)
        sample_weight : (n_samples,), optional
            What the loss of each row is multiplied by. Rows of weight 0 are left out.

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
        goes_on = bool(self.warm_start) and hasattr(self, "network_")
        rows = read_rows(self, X, y, sample_weight, classes=self.classes_ if goes_on else None, reset=not goes_on)
        settings, shape = read_settings(self, rows.X, rows.classes)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        spec = settings.spec(shape)
        train, validation = parts_of(rows.labels, self.validation_fraction, seed)
        start = self._start_for(spec.network, "warm_start needs the layers of the last fit") if goes_on else None
        member = Member(
            seed=seed,
            train=train,
            validation=validation,
            epochs=settings.epochs or 1,
            rates=settings.rates(settings.epochs or 1, rows.labels[train], len(rows.classes)),
            early_stopping=settings.stopping_rule(),
            plateau=settings.plateau_rule(validation is not None),
            distortion=settings.distortion(),
            start=start,
        )
        task = Task(rows.X, rows.labels, settings.scale or "none", shape.pixel_max, rows.weights)
        fitted = fit_population(spec, task, [member]).members[0]
        if fitted.reason is not None:
            raise FitError(fitted.reason)
        self.classes_ = rows.classes
        self.network_ = fitted.network
        self.history_ = {name: list(values) for name, values in fitted.history.items()}
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_ = fitted.epochs
        self._goes_on_from = None
        return self

    @available_if(_does_not_stop_early)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one more epoch, on these rows, with the optimizer as it stands.

        The learning rate is `learning_rate` itself: a schedule needs to know its end. Pixels are scaled as those of the
        first call.

        Parameters
        ----------
        X : (n_samples, n_features)
        y : (n_samples,)
        classes : (n_classes,), optional
            All there will be. Needed in the first call.
        sample_weight : (n_samples,), optional

        Returns
        -------
        self
        """
        is_first = not hasattr(self, "network_")
        if is_first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        known = np.unique(classes) if is_first else self.classes_
        if not is_first and classes is not None and not np.array_equal(np.unique(classes), known):
            raise ValueError("classes must be those of the first call to partial_fit.")
        rows = read_rows(self, X, y, sample_weight, classes=known, reset=is_first)
        settings, shape = read_settings(self, rows.X, rows.classes)
        settings = replace(settings, schedule="constant")
        if is_first:
            self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            self._goes_on_from = None
            self.history_, self.n_iter_ = {}, 0
        spec = settings.spec(shape)
        start = None if is_first else self._start_for(spec.network, "partial_fit needs the layers of the first call")
        everything = np.arange(len(rows.labels))
        member = Member(
            seed=getattr(self, "_seed", 0),
            train=everything,
            validation=None,
            epochs=1,
            rates=settings.rates(settings.epochs or 1, rows.labels, len(rows.classes)),
            distortion=settings.distortion(),
            start=self._goes_on_from or start,
        )
        scaling = None if is_first else self.network_.scaling
        task = Task(rows.X, rows.labels, settings.scale or "none", shape.pixel_max, rows.weights, scaling)
        continued = continue_training(spec, task, member, epoch=self.n_iter_)
        self.classes_ = rows.classes
        self.network_, self._goes_on_from = continued.network, continued.start
        self.history_ = {name: [*self.history_.get(name, []), value] for name, value in continued.scores.items()}
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_ += 1
        return self

    def _start_for(self, spec: NetworkSpec, rule: str) -> Start:
        """The weights as they are, for a network of the same layers."""
        if not are_alike(self.network_.spec, spec):
            raise ValueError(f"{rule}: the parameters of the network changed.")
        return Start(self.network_.parameters, self.network_.averages)

    @classmethod
    def from_network(cls, network: Network, classes: Sequence[Any]) -> Self:
        """A fitted estimator of a network that is there.

        Parameters
        ----------
        network : Network
            Whose outputs are all classes.
        classes : sequence
            The class of each output, in the order of the outputs.

        Raises
        ------
        InteropError
            If an estimator has no parameters for such layers.
        """
        spec = network.spec
        hidden = spec.hidden_layers
        unlike = [
            f"hidden layers with different {what}: an estimator has one for all"
            for what, values in (
                ("activations", {layer.activation for layer in hidden}),
                ("batch normalisation", {layer.normalization for layer in hidden}),
            )
            if len(values) > 1
        ]
        if not all(spec.has_biases):
            unlike.append("layers without biases")
        if any(layer.normalization == "after" for layer in hidden):
            unlike.append("batch normalisation after the activation")
        if unlike:
            raise InteropError([f"no DenseClassifier has {each}" for each in unlike])
        made = cls(
            spec.hidden_layer_sizes,
            activation=hidden[0].activation if hidden else "relu",
            output_activation=spec.output_activation,
            batch_normalization=any(layer.normalization == "before" for layer in hidden),
            precision=spec.precision,
        )
        named = np.asarray(classes)
        order = np.argsort(named, kind="stable")  # classes_ is sorted, as everywhere in scikit-learn
        if len(np.unique(named)) < len(named):
            raise InteropError("classes must differ from each other.")
        made.classes_ = named[order]
        made.n_features_in_ = spec.n_features
        made.network_ = with_outputs(network, order)
        made._goes_on_from = None
        made.history_ = {}
        made.loss_curve_ = []
        made.n_iter_ = 0
        return made

    def _outputs(self, X: Any) -> tuple[Predictor, NDArray[Any]]:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=kinds_of(X), reset=False)
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

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> NDArray[np.float32]:
        """Logarithm of `predict_proba`.

        Parameters
        ----------
        X : (n_samples, n_features)

        Returns
        -------
        (n_samples, n_classes)
        """
        return np.asarray(np.log(self.predict_proba(X)))

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
