"""A network layer by layer, with the parameter counts that Keras prints."""

from typing import NamedTuple

from bakeoff.dense._spec import NetworkSpec

__all__ = ["LayerSummary", "n_parameters", "summary"]


class LayerSummary(NamedTuple):
    """One line: ``"dense_1 (relu)"``, ``"(None, 32)"``, 25120 trainable numbers."""

    name: str
    output: str
    parameters: int


def summary(spec: NetworkSpec) -> list[LayerSummary]:
    """The layers of a network.

    Parameters
    ----------
    spec : NetworkSpec

    Returns
    -------
    list of LayerSummary
        Only trainable numbers are counted: of batch normalisation the scale and the offset, not the moving averages.

    Examples
    --------
    >>> summary(NetworkSpec(784, (32, 16), 10))[0]
    LayerSummary(name='dense_1 (relu)', output='(None, 32)', parameters=25120)
    """
    lines = []
    for number, (inputs, units) in enumerate(spec.layer_sizes, start=1):
        is_last = number == len(spec.layer_sizes)
        activation = spec.output_activation if is_last else spec.activation
        normalizes = spec.batch_normalization and not is_last
        name = f"dense_{number}" if normalizes else f"dense_{number} ({activation})"
        lines.append(LayerSummary(name, f"(None, {units})", inputs * units + units))
        if normalizes:
            lines.append(LayerSummary(f"batch_normalization_{number} ({activation})", f"(None, {units})", 2 * units))
    return lines


def n_parameters(spec: NetworkSpec) -> int:
    """How many trainable numbers a network has.

    Examples
    --------
    >>> n_parameters(NetworkSpec(784, (1024, 512, 256, 128, 64), 10))
    1501770
    """
    return sum(line.parameters for line in summary(spec))
