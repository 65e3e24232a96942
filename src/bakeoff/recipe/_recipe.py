"""The value objects of a recipe and the rules for their fields."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bakeoff.recipe._figure import read_figure
from bakeoff.types import Metric

__all__ = ["SCHEMA", "Claim", "ContestantEntry", "DataEntry", "Protocol", "Recipe", "is_reserved_name"]

SCHEMA = 1
"""The recipe schema that this release writes, and the newest that it reads."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_+.-]{0,46}[A-Za-z0-9_+-])?")
_RESERVED_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_reserved_name(name: str) -> bool:
    """Whether Windows keeps this name for a device, so that no file can have it."""
    return _RESERVED_ON_WINDOWS.fullmatch(name) is not None


def _safe_name(name: str) -> str:
    """Names become parts of file names, on Windows too."""
    if not _SAFE_NAME.fullmatch(name) or is_reserved_name(name):
        raise ValueError(f"must be 1 to 48 letters, digits and _ + . - that can name a file. Got {name!r}")
    return name


def _code(code: str) -> str:
    if not re.fullmatch(r"[DPR]\d{3}", code):
        raise ValueError(f"must be the code of a finding, such as D002. Got {code!r}")
    return code


def _validation_choice(value: object) -> object:
    is_fraction = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1
    if not is_fraction and value not in ("test", "none"):
        raise ValueError(f"must be a fraction between 0 and 1, 'test' or 'none'. Got {value!r}")
    return value


def _shape(value: Any) -> Any:
    def is_shape(sizes: Any) -> bool:
        whole = isinstance(sizes, list | tuple) and all(type(size) is int and size > 0 for size in sizes)
        return whole and (len(sizes) == 2 or (len(sizes) == 3 and sizes[2] in (1, 3)))

    if value is not None and not is_shape(value):
        raise ValueError(f"must be [height, width] or [height, width, channels] with 1 or 3 channels. Got {value!r}")
    return value


SafeName = Annotated[str, AfterValidator(_safe_name)]


_BUILT = re.compile(r"keras:[^\x00-\x1f\x7f]{1,400}\.py:([A-Za-z_][A-Za-z0-9_]{0,46})")


def _family_name(family: str) -> str:
    if family.startswith("keras:"):
        if not _BUILT.fullmatch(family):
            raise ValueError(f"must be keras:FILE.py:FUNCTION. Got {family!r}")
        return family
    for part in family.split(":", 1):
        _safe_name(part)
    return family


FamilyName = Annotated[str, AfterValidator(_family_name)]
"""A family, or a family and its variant, such as ``dense:plain``; or ``keras:FILE.py:FUNCTION``."""


def _seed_list(value: Any) -> Any:
    """``5`` stands for the seeds 0, 1, 2, 3, 4."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000:
        return tuple(range(value))
    raise ValueError(f"must be a number of seeds from 1 to 1000 or a list of seeds. Got {value!r}")


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = Annotated[tuple[Seed, ...], BeforeValidator(_seed_list), Field(min_length=1, max_length=1000)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataEntry(_Entry):
    """Which rows.

    Parameters
    ----------
    source : str
        A name of the catalog, a file or a folder.
    test : str or None
        A second file or folder with the test rows.
    label, group : str or None
        Names of columns.
    image_shape : (height, width) or (height, width, channels), or None
        None: decided from the data.
    rows : bool
        Treat the data as plain numeric rows whatever they look like.
    class_names : sequence of str or None
        Names for the classes, in the order of their labels.
    moved_copies : bool
        Look for shifted and turned near-copies of images too; it takes many times longer.
    """

    source: Annotated[str, Field(min_length=1)]
    test: str | None = None
    label: str | None = None
    group: str | None = None
    image_shape: Annotated[tuple[int, int] | tuple[int, int, int] | None, BeforeValidator(_shape)] = None
    rows: bool = False
    class_names: tuple[str, ...] | None = None
    moved_copies: bool = False


class Protocol(_Entry):
    """How the contestants are compared.

    Parameters
    ----------
    validation : float, "test" or "none"
        Fraction of the training rows that everything is chosen on. ``"test"`` watches the test rows while training,
        as many notebooks do: it is allowed, counted and reported. ``"none"`` trains on all rows at once.
    test : {"auto", "file", "holdout", "folds"}
        ``"auto"``: the test file if there is one; else five folds under 5,000 rows and a holdout from there on.
    holdout_fraction : float
    n_folds : int
    probes : bool
        Also train a few small models that tell what near-copies do to a score, whether the test rows are unlike the
        training rows, and which labels to look at.
    refit : bool
        Fit again on all training rows with what was chosen, and let the test rows see that fit.
    seeds : int or sequence of int
        A number stands for the seeds from 0 on. Contestants that are not random take the first alone.
    primary_metric : {"f1_macro", "accuracy", "f1_weighted", "log_loss"}
        The one that decides; the others are described.
    margin : float
        Two contestants whose difference surely lies within it are called equal.
    confidence : float
        Of all intervals together.
    threads : int or None
        None: as many as the machine has.
    time_limit_seconds : float or None
        For one fit; None: from the size of the data.
    memory_limit_mib : int
        For what the networks of one population hold, the rows left out. Who would need more trains in several parts.
    """

    validation: Annotated[float | Literal["test", "none"], BeforeValidator(_validation_choice)] = 0.2
    test: Literal["auto", "file", "holdout", "folds"] = "auto"
    holdout_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    n_folds: Annotated[int, Field(ge=3, le=50)] = 5
    probes: bool = True
    refit: bool = True
    seeds: Seeds = (0, 1, 2, 3, 4)
    primary_metric: Metric = "f1_macro"
    margin: Annotated[float, Field(ge=0)] = 0.005
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    time_limit_seconds: Annotated[float, Field(gt=0)] | None = None
    memory_limit_mib: Annotated[int, Field(ge=1, le=2**30)] = 2048

    @model_validator(mode="after")
    def _seeds_differ(self) -> "Protocol":
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds must differ from each other. Got {list(self.seeds)}")
        return self


def name_of_family(family: Any) -> Any:
    """A family as a contestant's name, which is part of file names: no colon, and of a function its own name.

    Examples
    --------
    >>> name_of_family("dense:plain"), name_of_family("keras:models.py:small_cnn")
    ('dense-plain', 'small_cnn')
    """
    if not isinstance(family, str):
        return family
    built = _BUILT.fullmatch(family)
    return built[1] if built else family.replace(":", "-", 1)


class Tune(_Entry):
    """A search for a contestant's settings.

    Parameters
    ----------
    fits : int or None
        How many candidates are fitted; 40 where neither is given.
    seconds : float or None
        How long may be fitted.
    space : mapping of setting to list or ``{low, high, log}``, or None
        None: the usual one of the family.
    """

    fits: Annotated[int, Field(ge=1, le=100_000)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    space: Mapping[str, Any] | None = None


class ContestantEntry(_Entry):
    """One contestant: a family and its settings.

    Parameters
    ----------
    name : str
        Unique in the recipe; defaults to the family, ``dense:plain`` as ``dense-plain``.
    family : str
        ``dense``, ``dense:plain``, ``svc``, ``forest``, ..., or a classifier of scikit-learn by its class name.
    seeds : int or sequence of int, or None
        None: as the protocol says.
    time_limit_seconds : float or None
        None: as the protocol says.
    settings : mapping
        Validated by the family.
    tune : Tune or None
        Search its settings on validation rows first.
    searched : int or None
        Of how many candidates of such a search these settings are the best; written by Bakeoff.
    """

    name: SafeName
    family: FamilyName
    seeds: Seeds | None = None
    time_limit_seconds: Annotated[float, Field(gt=0)] | None = None
    settings: Mapping[str, Any] = Field(default_factory=dict)
    tune: Tune | None = None
    searched: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_or_family(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": name_of_family(value), "family": value}
        if isinstance(value, Mapping) and "family" in value and "name" not in value:
            return {"name": name_of_family(value["family"]), **value}
        return value


class Claim(_Entry):
    """A published figure to check.

    Parameters
    ----------
    contestant : str
        The name of a contestant of the recipe.
    metric : {"accuracy", "f1_macro", "f1_weighted", "log_loss", "f1"}
        ``"f1"``: it was not said which average, so it is checked against both.
    published : float or str
        The figure; text may be a percentage (``"82.35 %"``) and keeps its last zeros.
    digits : int
        How many digits after the point were printed; by default those that `published` is written with.
    on : {"test", "validation", "training"}
        ``"training"``: of the last epoch, which networks alone have.
    source : str or None
        Where it was published, in a few words.

    Examples
    --------
    >>> claim = Claim(contestant="svc", metric="accuracy", published="84.17 %")
    >>> claim.published, claim.digits
    (0.8417, 4)
    """

    contestant: str
    metric: Literal[Metric, "f1"]
    published: float
    digits: Annotated[int, Field(ge=0, le=12)] = 4
    on: Literal["test", "validation", "training"] = "test"
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_printed(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "published" not in value:
            return value
        try:
            published, digits = read_figure(value["published"], is_share=value.get("metric") != "log_loss")
        except ValueError as error:
            raise ValueError(f"published {error}") from None
        return {"digits": digits, **value, "published": published}


class Recipe(_Entry):
    """A whole bake-off.

    Parameters
    ----------
    schema_version : int
        Written ``schema`` in a file.
    name : str
        Part of the run's folder name.
    description : str
    data : DataEntry
    protocol : Protocol
    contestants : sequence of ContestantEntry or None
        None: a line-up that follows from the size of the data. Empty: those alone that Python hands over.
    claims : sequence of Claim
    ignore : sequence of str
        Codes of findings to leave out.

    Examples
    --------
    >>> recipe = Recipe(name="first", data={"source": "digits"}, contestants=["dense", "svc"])
    >>> [entry.family for entry in recipe.contestants]
    ['dense', 'svc']
    """

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA, alias="schema")] = SCHEMA
    name: SafeName
    description: str = ""
    data: DataEntry
    protocol: Protocol = Protocol()
    contestants: tuple[ContestantEntry, ...] | None = None
    claims: tuple[Claim, ...] = ()
    ignore: tuple[Annotated[str, AfterValidator(_code)], ...] = ()

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _names_agree(self) -> "Recipe":
        if self.contestants is None:
            return self
        names = [entry.name for entry in self.contestants]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"contestants need different names: {', '.join(twice)} comes twice")
        # Two names that differ in case alone would share their files on Windows and macOS.
        folded = {name.casefold() for name in names}
        if len(folded) < len(names):
            raise ValueError("contestants need names that differ in more than upper and lower case")
        strangers = sorted({claim.contestant for claim in self.claims} - set(names))
        if strangers:
            raise ValueError(f"claims name contestants that the recipe lacks: {', '.join(strangers)}")
        return self
