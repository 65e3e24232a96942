"""What a made-up run has and lacks, and who takes part in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["FAMILIES", "RANDOM_FAMILIES", "ExampleRun"]

FAMILIES: Mapping[str, tuple[float, float, int]] = {  # family: sharpness, noise, parameters
    "dense": (7.0, 0.08, 25_818),
    "svc": (9.0, 0.02, 0),
    "forest": (3.0, 0.22, 0),
    "knn": (5.0, 0.14, 0),
    "logistic": (4.0, 0.30, 650),
}

RANDOM_FAMILIES = ("dense", "forest")


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """What a made-up run has and lacks.

    Parameters
    ----------
    contestants : mapping of name to family
    n_classes : int
        Up to 10: real 8x8 digits. More: two of them side by side, 8x16.
    class_names : sequence of str or None
        None: the numbers.
    n_seeds : int
        For the contestants that are random.
    kind : {"images", "rows"}
        Plain rows have no pictures.
    test : {"opened", "sealed", "none"}
    epochs : int
        Of the networks; 0 leaves no histories.
    failed : sequence of str
        Names of contestants that are entered and fail.
    probed : bool
        Near-copies, label errors and the like were looked for; False leaves out what earlier releases did not write.
    bare : bool
        Leave out every key that may be missing and make null what may be null.
    """

    contestants: Mapping[str, str]
    n_classes: int = 10
    class_names: Sequence[str] | None = None
    n_seeds: int = 5
    kind: Literal["images", "rows"] = "images"
    test: Literal["opened", "sealed", "none"] = "opened"
    epochs: int = 20
    failed: Sequence[str] = ("boosting",)
    probed: bool = True
    bare: bool = False

    @property
    def is_probed(self) -> bool:
        """Whether anything is said of groups and probes."""
        return self.probed and not self.bare

    @property
    def names(self) -> list[str]:
        """Names of the classes."""
        return list(self.class_names or map(str, range(self.n_classes)))

    def seeds(self, family: str) -> range:
        """One for those that are not random."""
        return range(self.n_seeds) if family in RANDOM_FAMILIES else range(1)

    def has_probabilities(self, name: str) -> bool:
        """Whether a contestant says how sure it is."""
        return self.contestants[name] != "svc"
