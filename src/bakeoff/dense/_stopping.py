"""What is decided between two epochs: stop a member, lower its learning rate."""

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["EarlyStopping", "Monitor", "Plateau", "Progress"]

Monitor: TypeAlias = Literal["val_loss", "val_accuracy", "val_f1", "loss", "accuracy", "f1"]
"""A key of the history that is watched."""


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when a score has not improved for some epochs; the best epoch's weights are what is kept.

    Parameters
    ----------
    monitor : str
    patience : int
        Epochs without improvement after which training ends.
    min_delta : float
        Improvement that counts, in the units of the score.
    """

    monitor: Monitor = "val_loss"
    patience: int = 10
    min_delta: float = 0.0


@dataclass(frozen=True, slots=True)
class Plateau:
    """Lower the learning rate when a score has not improved for some epochs, as Keras' ``ReduceLROnPlateau``.

    Parameters
    ----------
    monitor : str
    patience : int
    factor : float
        Times the learning rate.
    min_delta : float
    """

    monitor: Monitor = "val_loss"
    patience: int = 10
    factor: float = 0.1
    min_delta: float = 1e-4


@dataclass(slots=True)
class Progress:
    """Follows one score of one member.

    Parameters
    ----------
    monitor : str
    min_delta : float

    Examples
    --------
    >>> progress = Progress("val_loss", 0.0)
    >>> [progress.improves(loss) for loss in (0.5, 0.4, 0.6)], progress.waited
    ([True, True, False], 1)
    """

    monitor: Monitor
    min_delta: float
    best: float | None = field(default=None, init=False)
    waited: int = field(default=0, init=False)

    def improves(self, score: float) -> bool:
        """Take the score of a further epoch; whether it is the best so far by more than `min_delta`."""
        gain = math.inf
        if self.best is not None:
            gain = self.best - score if self.monitor.endswith("loss") else score - self.best
        if gain > self.min_delta:
            self.best, self.waited = score, 0
            return True
        self.waited += 1
        return False
