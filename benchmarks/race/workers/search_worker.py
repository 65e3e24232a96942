"""A search as people write it today: Keras Tuner's Hyperband, or Optuna with a pruned Keras model a trial.

Usage: search_worker.py keras-tuner|optuna ROWS.npz SECONDS SEED
Prints one line of JSON: the settings that were found, trials, seconds. Imports and reading are not counted.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

LAYERS = {"128": [128], "256": [256], "128-64": [128, 64], "256-128": [256, 128], "512-256": [512, 256]}
BATCHES = [32, 64, 128]
EPOCHS = 20


def model_of(settings: dict, n_features: int, n_classes: int) -> keras.Model:
    layers = [keras.Input((n_features,))]
    for units in LAYERS[settings["layers"]]:
        layers += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(settings["dropout"])]
    model = keras.Sequential([*layers, keras.layers.Dense(n_classes, activation="softmax")])
    model.compile(
        keras.optimizers.AdamW(settings["learning_rate"], weight_decay=settings["weight_decay"]),
        keras.losses.CategoricalCrossentropy(label_smoothing=settings["label_smoothing"]),
        metrics=["accuracy"],
    )
    return model


def asked(choice, number) -> dict:
    """The space, in the words of either library."""
    return {
        "layers": choice("layers", list(LAYERS)),
        "learning_rate": number("learning_rate", 3e-4, 1e-2, True),
        "weight_decay": number("weight_decay", 1e-3, 0.3, True),
        "dropout": number("dropout", 0.0, 0.5, False),
        "label_smoothing": number("label_smoothing", 0.0, 0.1, False),
        "batch_size": choice("batch_size", BATCHES),
    }


def with_optuna(train, held, seconds: float, seed: int):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial) -> float:
        keras.backend.clear_session()
        settings = asked(
            trial.suggest_categorical, lambda name, low, high, log: trial.suggest_float(name, low, high, log=log)
        )

        class Report(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                trial.report(logs["val_accuracy"], epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned

        model = model_of(settings, train[0].shape[1], train[1].shape[1])
        history = model.fit(
            *train, batch_size=settings["batch_size"], epochs=EPOCHS, validation_data=held, verbose=0,
            callbacks=[Report()],
        )  # fmt: skip
        return history.history["val_accuracy"][-1]

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed), pruner=optuna.pruners.MedianPruner()
    )
    study.optimize(objective, timeout=seconds)
    return study.best_params, len(study.trials)


def with_keras_tuner(train, held, seconds: float, seed: int):
    import keras_tuner

    class Search(keras_tuner.HyperModel):
        def build(self, hp):
            keras.backend.clear_session()
            settings = asked(
                hp.Choice,
                lambda name, low, high, log: hp.Float(name, low, high, sampling="log" if log else "linear"),
            )
            return model_of(settings, train[0].shape[1], train[1].shape[1])

        def fit(self, hp, model, *args, **kwargs):
            return model.fit(*args, batch_size=hp.get("batch_size"), **kwargs)

    class TimedOut(Exception):
        pass

    begun = time.perf_counter()
    n_trials = 0

    class Timed(keras_tuner.Hyperband):
        def run_trial(self, trial, *args, **kwargs):
            nonlocal n_trials
            if time.perf_counter() - begun > seconds:
                raise TimedOut
            n_trials += 1
            return super().run_trial(trial, *args, **kwargs)

    with tempfile.TemporaryDirectory() as folder:
        tuner = Timed(
            Search(), objective="val_accuracy", max_epochs=EPOCHS, factor=3, hyperband_iterations=1000, seed=seed,
            directory=folder, overwrite=True,
        )  # fmt: skip
        try:
            tuner.search(*train, validation_data=held, verbose=0)
        except (TimedOut, keras_tuner.errors.FatalError, RuntimeError) as error:
            if time.perf_counter() - begun < seconds:
                raise error
        return tuner.oracle.get_best_trials(1)[0].hyperparameters.values, n_trials


def main() -> None:
    kind, path, seconds, seed = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    keras.utils.set_random_seed(seed)
    with np.load(path) as rows:
        X, y, validation = rows["X_train"].astype(np.float32), rows["y_train"], rows["validation"]
    # Standardised as the engine does it: a pixel by its own deviation or by that of all, whichever is larger.
    learnt = X[~validation]
    X = (X - learnt.mean(axis=0)) / np.maximum(learnt.std(axis=0), learnt.std())
    targets = keras.utils.to_categorical(y)
    train, held = (X[~validation], targets[~validation]), (X[validation], targets[validation])
    begun = time.perf_counter()
    search = with_optuna if kind == "optuna" else with_keras_tuner
    settings, n_trials = search(train, held, seconds, seed)
    found = {name: settings[name] for name in asked(lambda name, _: name, lambda name, *_: name)}
    found["hidden_layer_sizes"] = LAYERS[found.pop("layers")]
    print(json.dumps({"settings": found, "trials": n_trials, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
