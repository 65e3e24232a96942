"""What every racer does, in plain data: the same rows, batches, epochs, last batch, shuffling and scores.

Workers run in environments of their own, which have neither Bakeoff nor each other's libraries: the standard library
alone is used here.
"""

import json
from dataclasses import asdict, dataclass

__all__ = ["B1", "B2", "SMALL", "A", "Job"]


@dataclass(frozen=True)
class Job:
    """A network and how it is trained, as the notebook that it comes from does it.

    Parameters
    ----------
    name : str
    data : str
        Name of the data set; its rows lie as ``<data>-X_train.npy`` and so on in the folder of the race.
    hidden : tuple of int
        Units of the hidden layers, all with ReLU.
    n_outputs : int
    output, loss : str
        Under Keras' names.
    optimizer : {"sgd", "adam"}
        With Keras' constants.
    batch_size, epochs : int
    exact_f1 : bool
        Macro F1 of all training rows and all validation rows after every epoch, by an exact pass.
    """

    name: str
    data: str
    hidden: tuple[int, ...]
    n_outputs: int
    output: str = "softmax"
    loss: str = "categorical_crossentropy"
    optimizer: str = "sgd"
    batch_size: int = 128
    epochs: int = 20
    exact_f1: bool = False

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Inputs, units of each layer, outputs."""
        return (784, *self.hidden, self.n_outputs)

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """What `to_json` wrote."""
        settings = json.loads(line)
        return cls(**{**settings, "hidden": tuple(settings["hidden"])})


B1 = Job("B1", "mnist", (32, 16), 10)
B2 = Job("B2", "mnist", (1024, 512, 256, 128, 64), 10)
A = Job(
    "A",
    "sign-mnist",
    (1000, 800, 600),
    25,
    output="tanh",
    loss="mean_squared_error",
    optimizer="adam",
    batch_size=100,
    epochs=5,
    exact_f1=True,
)
SMALL = Job("small", "mnist", (16,), 10, epochs=3)
"""For the cost of many members over one."""
