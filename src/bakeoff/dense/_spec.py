"""What is fixed when a program is compiled, and what is data in it.

`NetworkSpec` and `TrainingSpec` are static: another value is another program. `Rates` are arrays, one number a
member: another value is another call of the same program.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from bakeoff.dense._activations import Activation, OutputActivation
from bakeoff.dense._augment import Image

__all__ = [
    "LOSSES_OF_OUTPUT",
    "BiasInitializer",
    "HiddenLayer",
    "Loss",
    "NetworkSpec",
    "Normalization",
    "OptimizerName",
    "Precision",
    "Rates",
    "ScheduleName",
    "TrainScores",
    "TrainingSpec",
]

Normalization: TypeAlias = Literal["none", "before", "after"]
"""Where a hidden layer's batch normalisation stands: before or after its activation."""

Loss: TypeAlias = Literal["categorical_crossentropy", "mean_squared_error", "binary_crossentropy"]
OptimizerName: TypeAlias = Literal["sgd", "adam", "adamw", "rmsprop"]
BiasInitializer: TypeAlias = Literal["zeros", "uniform"]
ScheduleName: TypeAlias = Literal["constant", "cosine", "step", "plateau"]
Precision: TypeAlias = Literal["float32", "bfloat16", "float64"]
TrainScores: TypeAlias = Literal["exact", "running", "none"]

LOSSES_OF_OUTPUT: dict[str, tuple[Loss, ...]] = {
    "softmax": ("categorical_crossentropy", "mean_squared_error"),
    "sigmoid": ("binary_crossentropy", "mean_squared_error"),
    "tanh": ("mean_squared_error",),
    "linear": ("mean_squared_error",),
}
"""Which losses fit an output; the first is taken where none is named."""


class HiddenLayer(NamedTuple):
    """A product and what follows it."""

    units: int
    activation: Activation
    normalization: Normalization
    has_bias: bool


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The shape of a dense network.

    Parameters
    ----------
    n_features : int
        Inputs.
    hidden_layer_sizes : tuple of int
        Units of each hidden layer; may be empty.
    n_outputs : int
        Columns of the output; may exceed the number of classes.
    activation : str or tuple of str
        After every hidden layer, or after each.
    output_activation : str
    batch_normalization : bool or tuple of {"none", "before", "after"}
        Between every hidden layer's product and its activation; or of each, before or after its activation.
    precision : {"float32", "bfloat16", "float64"}
        ``"bfloat16"``: products of bfloat16 with sums, weights and all else in float32.
    biases : bool or tuple of bool
        Whether every layer, the last included, adds a bias; or whether each does.
    normalization_momentum, normalization_epsilon : float
        Of batch normalisation: how much the moving averages keep in a step, and what is added to the variance.
    is_logistic : bool
        The last layer has one unit for two columns, its negative and itself, so that their sigmoids sum to 1.

    Examples
    --------
    >>> NetworkSpec(784, (32, 16), 10).layer_sizes
    ((784, 32), (32, 16), (16, 10))
    >>> NetworkSpec(30, (), 2, output_activation="sigmoid", is_logistic=True).layer_sizes
    ((30, 1),)
    """

    n_features: int
    hidden_layer_sizes: tuple[int, ...]
    n_outputs: int
    activation: Activation | tuple[Activation, ...] = "relu"
    output_activation: OutputActivation = "softmax"
    batch_normalization: bool | tuple[Normalization, ...] = False
    precision: Precision = "float32"
    biases: bool | tuple[bool, ...] = True
    normalization_momentum: float = 0.99
    normalization_epsilon: float = 1e-3
    is_logistic: bool = False

    @property
    def layer_sizes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, units) of every layer, the last included."""
        last = 1 if self.is_logistic else self.n_outputs
        widths = (self.n_features, *self.hidden_layer_sizes, last)
        return tuple(itertools.pairwise(widths))

    @property
    def hidden_layers(self) -> tuple[HiddenLayer, ...]:
        """Every hidden layer, written out."""
        n_layers = len(self.hidden_layer_sizes)
        activations = (self.activation,) * n_layers if isinstance(self.activation, str) else self.activation
        given = self.batch_normalization
        everywhere: Normalization = "before" if given is True else "none"
        normalizations = (everywhere,) * n_layers if isinstance(given, bool) else given
        biases = self.has_biases[:-1]
        parts = zip(self.hidden_layer_sizes, activations, normalizations, biases, strict=True)
        return tuple(HiddenLayer(*each) for each in parts)

    @property
    def has_biases(self) -> tuple[bool, ...]:
        """Of every layer, the last included."""
        n_layers = len(self.hidden_layer_sizes) + 1
        return (self.biases,) * n_layers if isinstance(self.biases, bool) else self.biases

    @property
    def dtype(self) -> Any:
        """The type of weights and sums."""
        return jnp.float64 if self.precision == "float64" else jnp.float32


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """How a population is trained, as far as the compiled program depends on it.

    Parameters
    ----------
    network : NetworkSpec
    class_columns : tuple of int
        The output column of each class. Columns that no class has are trained towards "no" and, where predicted,
        count as wrong.
    batch_size : int
    loss : str
    optimizer : str
    nesterov : bool
    schedule : str
    bias_initializer : {"zeros", "uniform"}
    train_scores : {"running", "exact", "none"}
        ``"running"``: ``loss`` and ``accuracy`` are running means of the epoch, as in Keras, and ``f1`` an exact pass
        after it. ``"exact"``: ``accuracy`` is of the exact pass too. ``"none"``: no pass over the training rows,
        so no ``f1``.
    distortions : tuple of str
        Strengths of `Distortion` that any member has above zero; only with `image`.
    image : Image or None
        What the rows are, where they are distorted.
    uses_momentum, uses_dropout, uses_input_dropout, uses_adversarial, uses_l2, uses_weight_decay : bool
    uses_label_smoothing, uses_ema : bool
        Whether any member has such a rate above zero; what nobody uses is not computed.
    """

    network: NetworkSpec
    class_columns: tuple[int, ...]
    batch_size: int = 128
    loss: Loss = "categorical_crossentropy"
    optimizer: OptimizerName = "adam"
    nesterov: bool = False
    schedule: ScheduleName = "constant"
    bias_initializer: BiasInitializer = "zeros"
    train_scores: TrainScores = "running"
    distortions: tuple[str, ...] = ()
    image: Image | None = None
    uses_momentum: bool = False
    uses_dropout: bool = False
    uses_input_dropout: bool = False
    uses_adversarial: bool = False
    uses_l2: bool = False
    uses_weight_decay: bool = False
    uses_label_smoothing: bool = False
    uses_ema: bool = False

    @property
    def n_classes(self) -> int:
        """How many classes the labels have."""
        return len(self.class_columns)


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Rates:
    """Numbers that may differ between members without compiling again.

    Each is a float for one member, or several where it says so, and an array (streams, members of a stream, ...) for
    a population. Times are in epochs, so that they mean the same for members with different numbers of rows.

    Parameters
    ----------
    learning_rate, momentum, beta_1, beta_2, rho, epsilon : float
        Of the optimizer, under Keras' names.
    weight_decay : float
        Decoupled: each step takes ``learning_rate * weight_decay`` of every parameter, as Keras does.
    l2 : float
        ``l2 * sum(w**2)`` of every layer's weights is added to the loss.
    dropout : float or (hidden layers,)
        Share of every hidden layer's outputs, or of each, that is set to zero in training.
    input_dropout : float
        Share of the scaled inputs that is set to zero in training.
    adversarial_radius : float
        How far, as a Euclidean distance of scaled inputs, every training row is moved to where its loss is larger;
        the objective is the mean of the losses here and there.
    label_smoothing : float
    warmup_epochs, total_epochs : float
        Of the cosine schedule.
    decay_epochs, decay_factor : float
        Of the step schedule: multiply by the factor after that many epochs, again and again.
    minimum_learning_rate : float
    ema_momentum : float
        After every step ``average <- m average + (1 - m) weights``, from the start weights on, as Keras does.
    class_weights : sequence of float or None
        One number a class, times the loss of its rows in training. All members have them or none has.
    penalties : (layers, 4) or None
        Of each layer, what ``sum(abs(w))``, ``sum(w**2)``, ``sum(abs(b))`` and ``sum(b**2)`` are multiplied by and
        added to the loss, beside `l2`. All members have them or none has.
    """

    learning_rate: Any = 0.001
    momentum: Any = 0.0
    beta_1: Any = 0.9
    beta_2: Any = 0.999
    rho: Any = 0.9
    epsilon: Any = 1e-7
    weight_decay: Any = 0.0
    l2: Any = 0.0
    dropout: Any = 0.0
    input_dropout: Any = 0.0
    adversarial_radius: Any = 0.0
    label_smoothing: Any = 0.0
    warmup_epochs: Any = 0.0
    total_epochs: Any = 1.0
    decay_epochs: Any = 1.0
    decay_factor: Any = 1.0
    minimum_learning_rate: Any = 0.0
    ema_momentum: Any = 0.0
    class_weights: Any = None
    penalties: Any = None

    @classmethod
    def stack(cls, members: "Sequence[Rates]", shape: tuple[int, ...], dtype: Any) -> "Rates":
        """Rates of a population: arrays of this shape, with more axes where a member has several numbers."""
        stacked: dict[str, Any] = {}
        for item in fields(cls):
            values = [getattr(member, item.name) for member in members]
            if values[0] is None:
                stacked[item.name] = None
            else:
                stacked[item.name] = np.asarray(values, dtype).reshape((*shape, *np.shape(values[0])))
        return cls(**stacked)
