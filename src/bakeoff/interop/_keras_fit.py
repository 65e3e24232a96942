"""``model.fit`` with the engine in Keras' place."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from bakeoff.dense import Member, Rates, Start, Task, Trainer, TrainingSpec
from bakeoff.errors import InteropError
from bakeoff.interop._keras_compiled import Compiled, compiled_as
from bakeoff.interop._keras_layers import KerasNetwork, network_of
from bakeoff.interop._keras_own import foreign_layers, foreign_training
from bakeoff.interop._keras_rows import KerasRows, rows_of
from bakeoff.interop._keras_weights import read_start, read_weights, write_start

__all__ = ["KerasWarning", "fit"]

_OF_BATCHES = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


class KerasWarning(UserWarning):
    """Something was left to Keras."""


def fit(  # noqa: PLR0913, PLR0917 - Keras' own signature
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    *,
    f1: bool = False,
    **others: Any,
) -> Any:
    """Train a compiled Keras model of dense layers with the engine: ``model.fit(...)`` becomes ``fit(model, ...)``.

    The weights, and what the optimizer remembers, come from the model and go back into it, so that training may go on
    either way. Callbacks run between epochs; they see the model with its weights, and may stop training, change the
    learning rate or the weights. What the engine does not have is named in a `KerasWarning`, and Keras trains.

    Parameters
    ----------
    model : keras.Model
        A chain of `Input`, `Rescaling`, `Flatten`, `Dense`, `BatchNormalization`, `Activation` and `Dropout`, compiled
        with SGD, Adam, AdamW or RMSprop, a cross-entropy or the squared error, and accuracies or ``F1Score`` of
        ``average="macro"`` as metrics.
    x : (n_samples, ...)
    y : (n_samples, n_outputs) of 0 and 1, or (n_samples,) class numbers for the sparse cross-entropy
        Of a model with one sigmoid as its output: 0 or 1.
    batch_size, epochs, verbose, callbacks, validation_split, validation_data, class_weight, sample_weight
        As in Keras.
    initial_epoch : int
    shuffle : bool
        True; anything else is left to Keras.
    f1 : bool
        Add ``"f1"`` and ``"val_f1"`` to the history: macro F1 of all training and validation rows after every epoch,
        exactly, over the classes that occur.
    others
        Whatever else Keras' ``fit`` takes: left to Keras.

    Returns
    -------
    keras.callbacks.History

    Notes
    -----
    Differences from Keras that remain: rows are shuffled, and outputs dropped, by other random numbers, drawn from
    NumPy's global generator as `keras.utils.set_random_seed` seeds it; ``F1Score`` of training rows is taken after the
    epoch instead of during it.
    """
    arguments = {
        "batch_size": batch_size,
        "epochs": epochs,
        "verbose": verbose,
        "callbacks": callbacks,
        "validation_split": validation_split,
        "validation_data": validation_data,
        "shuffle": shuffle,
        "class_weight": class_weight,
        "sample_weight": sample_weight,
        "initial_epoch": initial_epoch,
        **others,
    }
    try:
        session = _Session.open(model, x, y, arguments, others, f1)
    except InteropError as error:
        warnings.warn(f"Keras trains this model: {'; '.join(error.problems)}", KerasWarning, stacklevel=2)
        return model.fit(x, y, **arguments)
    return session.train(epochs, initial_epoch, callbacks, verbose)


@dataclass(slots=True, eq=False)
class _Session:
    """A Keras model and the engine's copy of it."""

    model: Any
    network: KerasNetwork
    compiled: Compiled
    rows: KerasRows
    trainer: Trainer
    known: Start  # what the model holds, unless a callback has changed it
    f1: bool

    @classmethod
    def open(
        cls, model: Any, x: Any, y: Any, arguments: Mapping[str, Any], others: Mapping[str, Any], f1: bool
    ) -> "_Session":
        problems = [
            f"fit: {name}" for name, value in others.items() if value is not None and not _means_nothing(name, value)
        ]
        if wrong := _wrong_arguments(arguments):
            raise InteropError([*problems, *wrong])
        if arguments["shuffle"] is not True:
            problems.append(f"fit: shuffle={arguments['shuffle']!r:.60}")
        if arguments["class_weight"] is not None and arguments["sample_weight"] is not None:
            problems.append("fit: class_weight and sample_weight at once")
        problems += _batch_callbacks(arguments["callbacks"])
        if not getattr(model, "compiled", False):
            raise InteropError([*problems, "the model must be compiled."])
        problems += [*foreign_layers(model), *foreign_training(model)]
        rows = rows_of(x, y, arguments)
        if not model.built:
            model.build((None, *rows.input_shape))
        network, compiled = _read(model, rows.input_shape, problems)
        if network.input_shape != rows.input_shape:
            raise InteropError(f"fit: rows of the shape {rows.input_shape} for a model of {network.input_shape}")
        rows = rows.checked(network.spec, compiled.has_class_numbers)
        spec = _spec(network, compiled, rows, arguments["batch_size"] or 32, f1 or "f1" in compiled.metrics.values())
        start = read_start(model, network, compiled.optimizer)
        member = Member(
            seed=int(np.random.randint(2**31)),
            train=rows.train,
            validation=rows.validation,
            epochs=arguments["epochs"],
            rates=_rates(network, compiled, spec, arguments["class_weight"]),
            start=start,
        )
        task = Task(rows.rows, rows.labels, "none", sample_weights=rows.sample_weights, scaling=network.scaling)
        return cls(model, network, compiled, rows, Trainer(spec, task, [member], jax.devices()[:1]), start, f1)

    def train(self, epochs: int, initial_epoch: int, callbacks: Any, verbose: Any) -> Any:
        from keras.callbacks import CallbackList  # noqa: PLC0415

        steps = -(-len(self.rows.train) // self.trainer.spec.batch_size)
        listeners = CallbackList(
            callbacks, add_history=True, add_progbar=verbose != 0, verbose=verbose, epochs=epochs, steps=steps,
            model=self.model,
        )  # fmt: skip
        self.model.stop_training = False
        listeners.on_train_begin()
        logs: dict[str, float] = {}
        for epoch in range(initial_epoch, epochs):
            listeners.on_epoch_begin(epoch)
            self._take_changes()
            logs = self._epoch(epoch)
            self._give()
            if self.rows.validation is not None:
                listeners.on_test_begin()
                listeners.on_test_end({name[4:]: value for name, value in logs.items() if name.startswith("val_")})
            listeners.on_epoch_end(epoch, logs)
            if self.model.stop_training:
                break
        listeners.on_train_end(logs)
        return self.model.history

    def _epoch(self, epoch: int) -> dict[str, float]:
        scores = {name: float(values[0, 0]) for name, values in self.trainer.epoch(epoch).items()}
        logs: dict[str, float] = {}
        for prefix in ("", "val_") if self.rows.validation is not None else ("",):
            own = {"loss": scores[f"{prefix}loss"]}
            for key, kind in self.compiled.metrics.items():
                own[key] = scores[prefix + kind]
                if kind == "f1":
                    own[key] *= self.rows.n_classes / self.network.spec.n_outputs  # Keras counts absent classes as 0
            if self.f1:
                own["f1"] = scores[f"{prefix}f1"]
            logs |= {f"{prefix}{key}": own[key] for key in sorted(own)}
        return logs

    def _give(self) -> None:
        """The engine's weights to the model."""
        self.known = self.trainer.start_of((0, 0))
        write_start(self.model, self.network, self.compiled.optimizer, self.known)

    def _take_changes(self) -> None:
        """What callbacks have changed in the model to the engine."""
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        rates = self.trainer.rates
        if rate != float(np.asarray(rates.learning_rate)[0, 0]):
            self.trainer.rates = replace(rates, learning_rate=np.full((1, 1), rate, np.float32))
        parameters, averages = read_weights(self.model, self.network)
        if not _equal((parameters, averages), (self.known.parameters, self.known.averages)):
            self.trainer.go_on_from((0, 0), replace(self.known, parameters=parameters, averages=averages))


def _equal(a: Any, b: Any) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def _means_nothing(name: str, value: Any) -> bool:
    """Whether an argument of Keras' ``fit`` has the value that it has anyway."""
    return name == "validation_freq" and type(value) is int and value == 1


def _wrong_arguments(arguments: Mapping[str, Any]) -> list[str]:
    """What Keras itself refuses, or is left to say."""
    problems = []
    batch_size, split, weights = (arguments[name] for name in ("batch_size", "validation_split", "class_weight"))
    if batch_size is not None and (type(batch_size) is not int or batch_size < 1):
        problems.append(f"fit: batch_size={batch_size!r:.60}")
    if not isinstance(split, int | float) or not 0 <= split < 1:
        problems.append(f"fit: validation_split={split!r:.60}")
    if weights is not None and not isinstance(weights, Mapping):
        problems.append(f"fit: class_weight={weights!r:.60}")
    if split and arguments["sample_weight"] is not None:
        problems.append("fit: validation_split and sample_weight at once")
    return problems


def _batch_callbacks(callbacks: Any) -> list[str]:
    """Callbacks of the user that want to be called inside an epoch."""
    from keras.callbacks import Callback, CallbackList, ProgbarLogger  # noqa: PLC0415

    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return ["fit: callbacks: a CallbackList"]
    own = callbacks if isinstance(callbacks, Sequence) else [callbacks]
    return [
        f"fit: callbacks: {type(callback).__name__}.{name} runs inside epochs"
        for callback in own
        if not isinstance(callback, ProgbarLogger)
        for name in _OF_BATCHES
        if getattr(type(callback), name, None) is not getattr(Callback, name) or name in vars(callback)
    ]


def _read(model: Any, input_shape: tuple[int, ...], problems: list[str]) -> tuple[KerasNetwork, Compiled]:
    from keras.optimizers import serialize  # noqa: PLC0415

    network = compiled = None
    try:
        network = network_of(model.get_config(), input_shape)
    except InteropError as error:
        problems += error.problems
    except NotImplementedError:  # a model written as a class
        problems.append("the model must be a Sequential or a functional model of Keras' own layers.")
    try:
        compiled = compiled_as(model.get_compile_config(), serialize(model.optimizer))
    except InteropError as error:
        problems += error.problems
    if network is not None and compiled is not None:
        try:
            network = _with_output(network, compiled)
        except InteropError as error:
            problems += error.problems
    if problems or network is None or compiled is None:
        raise InteropError(problems)
    return network, compiled


def _with_output(network: KerasNetwork, compiled: Compiled) -> KerasNetwork:
    """The network with the output that its loss is taken from."""
    output, loss = network.spec.output_activation, compiled.loss
    if compiled.from_logits and output == "linear" and loss != "mean_squared_error":
        output = "softmax" if loss == "categorical_crossentropy" else "sigmoid"
        return replace(network, spec=replace(network.spec, output_activation=output))
    if unlike := compiled.unfit_metrics(network.spec.is_logistic):
        raise InteropError(f"metrics: {', '.join(unlike)} of {network.spec.layer_sizes[-1][1]} outputs")
    fitting = {"categorical_crossentropy": ("softmax",), "binary_crossentropy": ("sigmoid",)}.get(loss)
    if compiled.from_logits or (fitting and output not in fitting):
        raise InteropError(f"loss: {loss} of a {output} output with from_logits={compiled.from_logits}")
    return network


def _spec(network: KerasNetwork, compiled: Compiled, rows: KerasRows, batch_size: int, f1: bool) -> TrainingSpec:
    rates = compiled.rates
    return TrainingSpec(
        network=network.spec,
        class_columns=rows.class_columns,
        batch_size=batch_size,
        loss=compiled.loss,
        optimizer=compiled.optimizer,
        nesterov=compiled.nesterov,
        train_scores="running" if f1 else "none",
        uses_momentum=rates.get("momentum", 0.0) > 0,
        uses_dropout=any(network.dropout),
        uses_input_dropout=network.input_dropout > 0,
        uses_l2=network.penalties is not None,
        uses_weight_decay=rates.get("weight_decay", 0.0) > 0,
        uses_label_smoothing=compiled.label_smoothing > 0,
    )


def _rates(
    network: KerasNetwork, compiled: Compiled, spec: TrainingSpec, class_weight: Mapping[int, float] | None
) -> Rates:
    weights = None
    if class_weight is not None:
        weights = [float(class_weight.get(column, 1.0)) for column in spec.class_columns]
    return Rates(
        **compiled.rates,
        dropout=network.dropout or 0.0,
        input_dropout=network.input_dropout,
        label_smoothing=compiled.label_smoothing,
        class_weights=weights,
        penalties=network.penalties,
    )
