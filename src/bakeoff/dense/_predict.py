"""A trained network, and what it says of rows."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from bakeoff.dense._activations import OUTPUT_ACTIVATIONS
from bakeoff.dense._compile import compiled
from bakeoff.dense._network import Layers, apply, turned
from bakeoff.dense._scaling import Scaling, scale_rows
from bakeoff.dense._spec import NetworkSpec
from bakeoff.types import Rows

__all__ = ["Network", "Predictor"]

_BATCH_ROWS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A trained network as plain arrays.

    Parameters
    ----------
    spec : NetworkSpec
    class_columns : tuple of int
        The output column of each class.
    parameters, averages : Layers
        Of NumPy arrays, weights (inputs, units).
    scaling : Scaling
    """

    spec: NetworkSpec
    class_columns: tuple[int, ...]
    parameters: Layers
    averages: Layers
    scaling: Scaling


class Predictor:
    """A network on the device, ready to be asked.

    Parameters
    ----------
    network : Network

    Examples
    --------
    >>> import numpy as np
    >>> from bakeoff.dense import Network, NetworkSpec, Scaling, init
    >>> spec = NetworkSpec(4, (3,), 2)
    >>> parameters, averages = init(0, spec)
    >>> predictor = Predictor(Network(spec, (0, 1), parameters, averages, Scaling()))
    >>> predictor.probabilities(np.zeros((1, 4), np.float32)).round(2).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        with jax.enable_x64(network.spec.precision == "float64"):
            dtype = network.spec.dtype
            scaling = jax.tree.map(lambda leaf: np.asarray(leaf, dtype), network.scaling)
            self._arrays = jax.device_put((turned(network.parameters), network.averages, scaling))
        self.compile_seconds = 0.0

    @property
    def has_probabilities(self) -> bool:
        """Whether the output activation gives probabilities."""
        return self._network.spec.output_activation in ("softmax", "sigmoid")

    def outputs(self, rows: Rows) -> NDArray[Any]:
        """Outputs after their activation.

        Parameters
        ----------
        rows : (n, n_features)
            As the network was trained on: unscaled.

        Returns
        -------
        (n, n_outputs)
        """
        if len(rows) == 0:
            return np.zeros((0, self._network.spec.n_outputs), np.float32)
        # Powers of two: few programs, whatever the number of rows.
        width = min(_BATCH_ROWS, 1 << (len(rows) - 1).bit_length())
        parts = [self._batch(rows[first : first + width], width) for first in range(0, len(rows), width)]
        return np.concatenate(parts)

    def _batch(self, rows: Rows, width: int) -> NDArray[Any]:
        filled = np.zeros((width, rows.shape[1]), rows.dtype)
        filled[: len(rows)] = rows
        with jax.enable_x64(self._network.spec.precision == "float64"):
            program, seconds = compiled(_outputs, (self._network.spec,), (*self._arrays, filled))
            self.compile_seconds += seconds
            return np.asarray(program(*self._arrays, filled))[: len(rows)]

    def labels(self, outputs: NDArray[Any]) -> NDArray[np.int32]:
        """The class of the largest output; -1 where that column belongs to no class.

        Parameters
        ----------
        outputs : (n, n_outputs)
        """
        class_of = np.full(self._network.spec.n_outputs, -1, np.int32)
        class_of[list(self._network.class_columns)] = np.arange(len(self._network.class_columns))
        return np.asarray(class_of[outputs.argmax(axis=1)])

    def of_classes(self, outputs: NDArray[Any]) -> NDArray[np.float32]:
        """Outputs of the columns that belong to a class, as probabilities that sum to 1 where the output has them.

        Parameters
        ----------
        outputs : (n, n_outputs)

        Returns
        -------
        (n, n_classes)
        """
        chosen = outputs[:, list(self._network.class_columns)].astype(np.float64)
        if self.has_probabilities:
            chosen = np.maximum(chosen, np.finfo(np.float32).tiny)
            chosen /= chosen.sum(axis=1, keepdims=True)
        return chosen.astype(np.float32)

    def probabilities(self, rows: Rows) -> NDArray[np.float32]:
        """`of_classes` of the outputs of these rows."""
        return self.of_classes(self.outputs(rows))


def _outputs(spec: NetworkSpec, parameters: Layers, averages: Layers, scaling: Scaling, rows: jax.Array) -> jax.Array:
    logits, _ = apply(parameters, averages, scale_rows(scaling, rows, spec.dtype), spec, None)
    return OUTPUT_ACTIVATIONS[spec.output_activation](logits).T
