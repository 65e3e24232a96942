"""What a search may try: the range or the choices of each setting, as people write them and as Optuna takes them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from bakeoff.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["Choices", "Dimension", "Quantiles", "Range", "Space", "default_space", "optuna_module", "read_space"]


def optuna_module() -> Any:
    """Optuna, or how to get it."""
    try:
        import optuna  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingExtraError("tuning", "tune") from None
    return optuna


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : float
    log : bool
        Whether ratios count rather than differences.
    whole : bool
        Whole numbers alone.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def distribution(self) -> "BaseDistribution":
        """As Optuna takes it."""
        distributions = optuna_module().distributions
        if self.whole:
            made: BaseDistribution = distributions.IntDistribution(int(self.low), int(self.high), log=self.log)
            return made
        found: BaseDistribution = distributions.FloatDistribution(self.low, self.high, log=self.log)
        return found

    def value(self, drawn: Any) -> Any:
        """A setting from what Optuna drew."""
        return int(drawn) if self.whole else float(drawn)

    def examples(self) -> tuple[Any, ...]:
        """Values to check a contestant with."""
        return self.value(self.low), self.value(self.high)

    def as_json(self) -> Any:
        """As a recipe has it."""
        low, high = (int(self.low), int(self.high)) if self.whole else (self.low, self.high)
        return {"low": low, "high": high, **({"log": True} if self.log else {})}


@dataclass(frozen=True, slots=True)
class Choices:
    """One of several values, of any kind that JSON has."""

    values: tuple[Any, ...]

    def distribution(self) -> "BaseDistribution":
        """As Optuna takes it: texts, since its own choices may be no lists."""
        texts = [json.dumps(value) for value in self.values]
        found: BaseDistribution = optuna_module().distributions.CategoricalDistribution(texts)
        return found

    def value(self, drawn: Any) -> Any:
        """A setting from what Optuna drew."""
        return json.loads(drawn)

    def examples(self) -> tuple[Any, ...]:
        """Values to check a contestant with."""
        return self.values

    def as_json(self) -> Any:
        """As a recipe has it."""
        return list(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """A distribution of SciPy, searched along its quantiles.

    Parameters
    ----------
    frozen : scipy.stats frozen distribution
    """

    frozen: Any

    def distribution(self) -> "BaseDistribution":
        """As Optuna takes it."""
        found: BaseDistribution = optuna_module().distributions.FloatDistribution(1e-6, 1 - 1e-6)
        return found

    def value(self, drawn: Any) -> Any:
        """A setting from what Optuna drew."""
        value = self.frozen.ppf(drawn)
        return int(value) if hasattr(self.frozen.dist, "pmf") else float(value)

    def examples(self) -> tuple[Any, ...]:
        """Values to check a contestant with."""
        return self.value(0.25), self.value(0.75)

    def as_json(self) -> Any:
        """In words: no recipe can hold it."""
        arguments = [*map(str, self.frozen.args), *(f"{key}={value}" for key, value in self.frozen.kwds.items())]
        return f"scipy.stats.{self.frozen.dist.name}({', '.join(arguments)})"


Dimension: TypeAlias = Range | Choices | Quantiles
Space: TypeAlias = Mapping[str, Dimension]

_DENSE_ROWS: Mapping[str, Any] = MappingProxyType(
    {
        "hidden_layer_sizes": [[128], [256], [128, 64], [256, 128], [512, 256]],
        "learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
        "weight_decay": {"low": 1e-3, "high": 0.3, "log": True},
        "dropout": {"low": 0.0, "high": 0.5},
        "label_smoothing": {"low": 0.0, "high": 0.1},
        "batch_size": [32, 64, 128],
    }
)
_DENSE_PLAIN: Mapping[str, Any] = MappingProxyType(
    {
        "hidden_layer_sizes": [[32], [64], [128], [128, 64], [256, 128]],
        "learning_rate": {"low": 1e-3, "high": 0.5, "log": True},
        "momentum": {"low": 0.0, "high": 0.95},
        "batch_size": [32, 64, 128, 256],
    }
)

_SPACES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "dense": _DENSE_ROWS,
        "dense:plain": _DENSE_PLAIN,
        "svc": {"C": {"low": 0.1, "high": 1000.0, "log": True}, "pca": [None, 30, 50, 100], "gamma": ["scale", "auto"]},
        "logistic": {"C": {"low": 1e-3, "high": 100.0, "log": True}, "pca": [None, 50, 100]},
        "knn": {"n_neighbors": {"low": 1, "high": 15}, "weights": ["uniform", "distance"], "pca": [None, 20, 50]},
        "forest": {
            "max_features": ["sqrt", "log2", 0.1, 0.3],
            "min_samples_leaf": {"low": 1, "high": 8},
            "criterion": ["gini", "entropy"],
        },
        "extra-trees": {
            "max_features": ["sqrt", "log2", 0.1, 0.3],
            "min_samples_leaf": {"low": 1, "high": 8},
            "criterion": ["gini", "entropy"],
        },
        "boosting": {
            "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
            "max_leaf_nodes": {"low": 7, "high": 63, "log": True},
            "l2_regularization": {"low": 1e-6, "high": 10.0, "log": True},
        },
        "lda": {"solver": ["svd", "eigen"], "pca": [None, 30, 60, 100, 200]},
        "bayes": {"var_smoothing": {"low": 1e-12, "high": 0.1, "log": True}, "pca": [None, 20, 50, 100]},
    }
)


def default_space(family: str) -> Space:
    """What is searched where nothing is said.

    Raises
    ------
    SettingsError
        If nothing is known of this family.
    """
    if family not in _SPACES:
        raise SettingsError(
            f"tune: there is no search space for {family!r:.100}; give one (space: ...). There is one for "
            f"{', '.join(_SPACES)}."
        )
    return read_space(_SPACES[family], family)


def read_space(given: Mapping[str, Any], of: str) -> Space:
    """A space as people write it, checked.

    Parameters
    ----------
    given : mapping of setting to list, ``{low, high, log}``, or distribution of SciPy
    of : str
        Whose, for messages.

    Raises
    ------
    SettingsError
        With every setting that is written wrongly.

    Examples
    --------
    >>> read_space({"C": {"low": 0.1, "high": 10.0, "log": True}, "kernel": ["rbf", "poly"]}, "svc")["C"]
    Range(low=0.1, high=10.0, log=True, whole=False)
    """
    space: dict[str, Dimension] = {}
    problems: list[str] = []
    for name, value in given.items():
        found = _dimension(value)
        if isinstance(found, str):
            problems.append(f"tune: the range of {name!r:.100} of {of} {found}. Got {value!r:.200}.")
        else:
            space[str(name)] = found
    if not given:
        problems.append(f"tune: the space of {of} is empty; name a setting to search")
    if problems:
        raise SettingsError(problems)
    return space


def _dimension(value: Any) -> Dimension | str:
    if isinstance(value, Range | Choices | Quantiles):
        return value
    if hasattr(value, "ppf") and hasattr(value, "dist"):
        return Quantiles(value)
    if isinstance(value, Mapping):
        return _range(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _choices(value)
    return "must be a list of values, or {low, high, log}"


def _choices(value: Sequence[Any]) -> Dimension | str:
    try:
        texts = {json.dumps(item, allow_nan=False) for item in value}
    except (TypeError, ValueError):
        return "must hold plain values"
    if not value or len(texts) < len(value):
        return "must hold different values"
    return Choices(tuple(json.loads(json.dumps(item)) for item in value))


def _range(value: Mapping[Any, Any]) -> Dimension | str:
    if not {"low", "high"} <= set(value) <= {"low", "high", "log"}:
        return "must have low and high, and may have log"
    low, high, log = value["low"], value["high"], value.get("log", False)
    numbers = [each for each in (low, high) if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)) or not isinstance(log, bool):
        return "must have two numbers, and log true or false"
    if not low < high or (log and low <= 0):
        return "must have low below high" + (", and above 0 with log" if log else "")
    return Range(float(low), float(high), log, isinstance(low, int) and isinstance(high, int))
