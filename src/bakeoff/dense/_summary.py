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
    kinds: list[tuple[str, str]] = [(layer.activation, layer.normalization) for layer in spec.hidden_layers]
    kinds.append((spec.output_activation, "none"))
    layers = zip(spec.layer_sizes, spec.has_biases, kinds, strict=True)
    for number, ((inputs, units), has_bias, (activation, normalization)) in enumerate(layers, start=1):
        output = f"(None, {units})"
        activates_late = normalization == "before"
        name = f"dense_{number}" if activates_late else f"dense_{number} ({activation})"
        lines.append(LayerSummary(name, output, inputs * units + units * has_bias))
        if normalization != "none":
            suffix = f" ({activation})" if activates_late else ""
            lines.append(LayerSummary(f"batch_normalization_{number}{suffix}", output, 2 * units))
    return lines


def n_parameters(spec: NetworkSpec) -> int:
    """How many trainable numbers a network has.

    Examples
    --------
    >>> n_parameters(NetworkSpec(784, (1024, 512, 256, 128, 64), 10))
    1501770
    """
    return sum(line.parameters for line in summary(spec))
