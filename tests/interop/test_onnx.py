"""ONNX graphs say what the model says."""

import json

import numpy as np
import onnx
import pytest

from bakeoff.contestants import Facts, Job, MemberPlan, make_contestant
from bakeoff.contestants._model_files import load_pipeline
from bakeoff.dense import Network, NetworkSpec, Predictor, Scaling, init
from bakeoff.errors import InteropError
from bakeoff.interop._onnx import run_onnx, to_onnx

NAMES = [f"<class {number}>" for number in range(10)]


def network(activation="relu", output="softmax", normalization="none", columns=range(5), **changes):
    changes = {"n_outputs": 5, **changes}
    spec = NetworkSpec(
        7, (6, 4), activation=activation, output_activation=output, batch_normalization=(normalization,) * 2, **changes
    )
    random = np.random.default_rng(0)
    parameters, averages = init(0, spec)

    def shaken(layers):
        return [
            {key: leaf + np.abs(random.normal(0, 0.2, leaf.shape)).astype("f4") for key, leaf in layer.items()}
            for layer in layers
        ]

    return Network(
        spec, tuple(columns), shaken(parameters), shaken(averages), Scaling(np.full(7, 0.5), np.full(7, -0.25))
    )


def assert_says_the_same(model, rows):
    predictor = Predictor(model)
    outputs = predictor.outputs(rows)
    kind = "probabilities" if predictor.has_probabilities else "scores"
    labels, values = run_onnx(to_onnx(model, NAMES[: len(model.class_columns)], kind), rows)
    np.testing.assert_array_equal(labels, predictor.labels(outputs))
    np.testing.assert_allclose(values, predictor.of_classes(outputs), atol=1e-6)


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(40, 7)).astype(np.float32)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu", "linear"])
def test_every_activation(activation, rows):
    assert_says_the_same(network(activation), rows)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "tanh", "linear"])
@pytest.mark.parametrize("normalization", ["none", "before", "after"])
def test_every_output_with_normalisation(output, normalization, rows):
    assert_says_the_same(network(output=output, normalization=normalization), rows)


def test_one_logistic_unit_is_two_columns(rows):
    assert_says_the_same(network(output="sigmoid", n_outputs=2, is_logistic=True, columns=range(2)), rows)


def test_a_network_without_biases(rows):
    assert_says_the_same(network(biases=False), rows)


def test_a_column_that_no_class_has_is_no_class(rows):
    model = network(columns=(0, 2, 3, 4))
    assert (Predictor(model).labels(Predictor(model).outputs(rows)) == -1).any()
    assert_says_the_same(model, rows)


def test_missing_values_are_filled(rows):
    model = network()
    scaling = Scaling(model.scaling.factor, model.scaling.offset, np.arange(7.0))
    rows[3, 2] = np.nan
    assert_says_the_same(Network(model.spec, model.class_columns, model.parameters, model.averages, scaling), rows)


def test_an_ensemble_is_the_mean_of_its_networks(rows):
    members = [network(), network("tanh")]
    expected = np.mean([Predictor(member).probabilities(rows) for member in members], axis=0)
    labels, values = run_onnx(to_onnx(members, NAMES[:5]), rows)
    np.testing.assert_allclose(values, expected, atol=1e-6)
    np.testing.assert_array_equal(labels, expected.argmax(axis=1))


def test_class_names_are_data_in_the_file():
    graph = onnx.load_from_string(to_onnx(network(), NAMES[:5]))
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    assert json.loads(properties["classes"]) == NAMES[:5]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("family", ["svc", "logistic", "forest", "lda", "bayes"])
def test_pipelines_of_scikit_learn(family, digits):
    X, y = np.round(digits[0] * 16).astype(np.uint8), digits[1].astype(np.int32)
    facts = Facts("images", 500, 64, 10, (8, 8, 1), 16)
    contestant = make_contestant(family, family, {"n_estimators": 20} if family == "forest" else {})
    rest = np.arange(500, 600)
    job = Job(X, y, facts, [MemberPlan(0, np.arange(500), None, {"test": rest})])
    fitted = contestant.fit(job, lambda _news: None)[0]
    said = fitted.predictions["test"]
    kind = "scores" if said.probabilities is None else "probabilities"
    labels, values = run_onnx(to_onnx(load_pipeline(fitted.model_files), NAMES, kind), X[rest])
    expected = said.scores if said.probabilities is None else said.probabilities
    np.testing.assert_allclose(values, expected, atol=1e-5)
    # Votes of trees may tie.
    every = np.arange(len(rest))
    tied = np.abs(expected[every, labels] - expected[every, said.labels]) < 1e-6
    assert ((labels == said.labels) | tied).all()


def test_a_model_without_a_form_in_onnx_says_so(digits):
    from sklearn.dummy import DummyClassifier  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415

    pipeline = Pipeline([("classifier", DummyClassifier().fit(*digits))])
    with pytest.raises(InteropError, match="DummyClassifier has no form in ONNX"):
        to_onnx(pipeline, NAMES)
