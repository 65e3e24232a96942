"""Dense networks and scikit-learn pipelines as ONNX graphs, and what a graph says of rows."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.dense import Network
from bakeoff.errors import InteropError, MissingExtraError
from bakeoff.types import Rows

__all__ = ["run_onnx", "to_onnx"]

_OPSET = 20  # the first with Gelu
_IR_VERSION = 9  # of the same time, so that older runtimes read it
_INPUT, _LABEL = "rows", "label"
_ROWS_AT_ONCE = 4096


def to_onnx(model: Any, class_names: Sequence[str], kind: str = "probabilities") -> bytes:
    """A model as the bytes of an ONNX file.

    Parameters
    ----------
    model : Network, sequence of Network, or fitted scikit-learn pipeline
        Of several networks the outputs are averaged.
    class_names : sequence of str
        Written into the file's metadata.
    kind : {"probabilities", "scores"}
        What the second output is called.

    Returns
    -------
    bytes
        A graph with the input ``rows`` (n, n_features) of floats, unscaled as the model was trained on them, and the
        outputs ``label`` (n,), positions in `class_names`, and ``probabilities`` (n, n_classes), or ``scores``.

    Raises
    ------
    InteropError
        If the model has no form in ONNX.
    """
    onnx = _onnx()
    networks = [model] if isinstance(model, Network) else model
    if isinstance(networks, list | tuple) and all(isinstance(each, Network) for each in networks):
        graph = _graph_of_networks(onnx, networks, kind)
    else:
        graph = _graph_of_pipeline(model, kind)
    onnx.helper.set_model_props(graph, {"classes": json.dumps(list(class_names), ensure_ascii=False)})
    onnx.checker.check_model(graph)
    content: bytes = graph.SerializeToString()
    return content


def run_onnx(content: bytes, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Labels, and probabilities or scores, of rows.

    Parameters
    ----------
    content : bytes
        What `to_onnx` gave.
    rows : (n, n_features)
    """
    try:
        import onnxruntime  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("running an ONNX file", "onnx") from None
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    parts = [
        session.run(None, {_INPUT: rows[first : first + _ROWS_AT_ONCE].astype(np.float32)})
        for first in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    labels, outputs = zip(*parts, strict=True)
    return np.concatenate(labels).astype(np.int64).ravel(), np.concatenate(outputs).astype(np.float32)


def _onnx() -> Any:
    try:
        import onnx  # noqa: PLC0415
        import onnx.checker  # noqa: PLC0415
        import onnx.helper  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("ONNX", "onnx") from None
    return onnx


class _Graph:
    """Nodes and arrays, one after the other."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def array(self, values: Any, dtype: Any = np.float32) -> str:
        name = f"array_{len(self.arrays)}"
        self.arrays.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, list(inputs), [output], **attributes))
        return output


def _graph_of_networks(onnx: Any, networks: Sequence[Network], kind: str) -> Any:
    graph = _Graph(onnx)
    outputs = [_add_network(graph, network) for network in networks]
    n_features, n_classes = networks[0].spec.n_features, len(networks[0].class_columns)
    if len(networks) == 1:
        raw, of_classes = outputs[0]
        columns = networks[0].class_columns
        best = graph.add("ArgMax", raw, axis=1, keepdims=0)
        class_of = np.full(networks[0].spec.n_outputs, -1, np.int64)
        class_of[list(columns)] = np.arange(n_classes)
        graph.add("Gather", graph.array(class_of, np.int64), best, name=_LABEL)
        graph.add("Identity", of_classes, name=kind)
    else:
        mean = graph.add("Mean", *[of_classes for _, of_classes in outputs])
        graph.add("ArgMax", mean, name=_LABEL, axis=1, keepdims=0)
        graph.add("Identity", mean, name=kind)
    helper, types = onnx.helper, onnx.TensorProto
    made = helper.make_graph(
        graph.nodes,
        "bakeoff",
        [helper.make_tensor_value_info(_INPUT, types.FLOAT, ["n", n_features])],
        [
            helper.make_tensor_value_info(_LABEL, types.INT64, ["n"]),
            helper.make_tensor_value_info(kind, types.FLOAT, ["n", n_classes]),
        ],
        graph.arrays,
    )
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="bakeoff"
    )


def _add_network(graph: _Graph, network: Network) -> tuple[str, str]:
    """Outputs after their activation, and those of the classes as the engine gives them."""
    spec = network.spec
    x = _add_scaling(graph, network)
    activations = [(layer.activation, layer.normalization) for layer in spec.hidden_layers]
    activations.append((spec.output_activation, "none"))  # type: ignore[arg-type]
    layers = zip(network.parameters, network.averages, activations, strict=True)
    for layer, averages, (activation, normalization) in layers:
        bias = layer.get("b", np.zeros(layer["w"].shape[1], np.float32))
        x = graph.add("Gemm", x, graph.array(layer["w"]), graph.array(bias))
        if normalization == "before":
            x = _add_normalization(graph, x, layer, averages, spec.normalization_epsilon)
        if layer is network.parameters[-1] and spec.is_logistic:
            x = graph.add("Concat", graph.add("Neg", x), x, axis=1)
        x = _add_activation(graph, x, activation)
        if normalization == "after":
            x = _add_normalization(graph, x, layer, averages, spec.normalization_epsilon)
    chosen = graph.add("Gather", x, graph.array(network.class_columns, np.int64), axis=1)
    if spec.output_activation in ("softmax", "sigmoid"):
        chosen = graph.add("Max", chosen, graph.array(np.finfo(np.float32).tiny))
        total = graph.add("ReduceSum", chosen, graph.array([1], np.int64), keepdims=1)
        chosen = graph.add("Div", chosen, total)
    return x, chosen


def _add_scaling(graph: _Graph, network: Network) -> str:
    x, scaling = _INPUT, network.scaling
    if scaling.fill is not None:
        x = graph.add("Where", graph.add("IsNaN", x), graph.array(scaling.fill), x)
    if scaling.factor is not None:
        x = graph.add("Mul", x, graph.array(scaling.factor))
    if scaling.offset is not None:
        x = graph.add("Add", x, graph.array(scaling.offset))
    return x


def _add_normalization(
    graph: _Graph, x: str, layer: Mapping[str, Any], averages: Mapping[str, Any], epsilon: float
) -> str:
    factor = np.asarray(layer["scale"], np.float64) / np.sqrt(np.asarray(averages["variance"], np.float64) + epsilon)
    moved = graph.add("Sub", x, graph.array(averages["mean"]))
    return graph.add("Add", graph.add("Mul", moved, graph.array(factor)), graph.array(layer["offset"]))


def _add_activation(graph: _Graph, x: str, name: str) -> str:
    match name:
        case "linear":
            return x
        case "silu":
            return graph.add("Mul", x, graph.add("Sigmoid", x))
        case "leaky_relu":
            return graph.add("LeakyRelu", x, alpha=0.2)
        case "softmax":
            return graph.add("Softmax", x, axis=1)
        case "elu":
            return graph.add("Elu", x, alpha=1.0)
        case _:
            return graph.add({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "Gelu"}[name], x)


def _graph_of_pipeline(pipeline: Any, kind: str) -> Any:
    try:
        from skl2onnx import to_onnx as convert  # noqa: PLC0415
        from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415
        from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("ONNX", "onnx") from None
    classifier = pipeline.steps[-1][1]
    options: dict[str, Any] = {"zipmap": False}
    if kind == "scores":
        options["raw_scores"] = True
    try:
        with warnings.catch_warnings():
            # It looks at every attribute of a model, those that scikit-learn is about to take away too.
            warnings.simplefilter("ignore", FutureWarning)
            return convert(
                pipeline,
                initial_types=[(_INPUT, FloatTensorType([None, pipeline.n_features_in_]))],
                options={id(classifier): options},
                target_opset={"": _OPSET, "ai.onnx.ml": 3},
            )
    except (
        MissingConverter,
        MissingShapeCalculator,
        NotImplementedError,
        RuntimeError,
        NameError,
        ValueError,
    ) as error:
        reason = " ".join(str(error).split())[:200]
        raise InteropError(f"{type(classifier).__name__} has no form in ONNX: {reason}") from None
