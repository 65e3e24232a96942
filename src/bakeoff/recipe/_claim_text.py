"""Published figures as a person types them: ``svc macro f1 0.8442``, ``network test accuracy 82.35 %``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.errors import RecipeError
from bakeoff.recipe._figure import read_figure
from bakeoff.recipe._recipe import Claim

__all__ = ["claim_from", "parse_claim"]

_METRICS = {
    "accuracy": ("accuracy", "acc", "categorical accuracy", "f1 micro"),  # with one class a row they are the same
    "f1": ("f1",),
    "f1_macro": ("f1 macro",),
    "f1_weighted": ("f1 weighted",),
    "log_loss": ("loss", "log loss", "logloss", "cross entropy", "crossentropy", "cross entropy loss", "nll"),
    "error": ("error", "err"),
}
_BY_WORDS = {frozenset(words.split()): metric for metric, known in _METRICS.items() for words in known}
_ROWS = {"test": "test", "testing": "test", "val": "validation", "validation": "validation"}
_ROWS |= {"train": "training", "training": "training"}
_FILLERS = frozenset(
    ("score", "scores", "rate", "set", "rows", "data", "of", "on", "the", "is", "final", "average", "avg")
)
_KNOWN = "known are accuracy, f1, macro f1, weighted f1, loss and error"


def parse_claim(text: str, contestants: Mapping[str, str]) -> Claim:
    """Read one claim: contestant, metric and figure, in any order.

    Parameters
    ----------
    text : str
    contestants : mapping of name to family
        Who can be meant; a family that entered once stands for its contestant.

    Returns
    -------
    Claim
        With metric ``"f1"`` where the average is not said.

    Raises
    ------
    RecipeError
        With one line for everything that is not understood.

    Examples
    --------
    >>> claim = parse_claim("dense test acc 82.35 %", {"network": "dense", "svc": "svc"})
    >>> claim.contestant, claim.metric, claim.published, claim.digits, claim.on
    ('network', 'accuracy', 0.8235, 4, 'test')
    """
    words = re.split(r"[\s=:;]+", re.sub(r"(?<=[\d.,])\s*(%|percent\b)", "%", text.strip()))
    words = [word.strip("(),") for word in words if word.strip("(),")]
    names = [word for word in words if _contestant(word, contestants)]
    figures = [word for word in words if re.match(r"[-+]?[.,]?\d", word) and word not in names]
    rest = [word for word in words if word not in names[:1] and word not in figures]
    problems = []
    if not names:
        problems.append(f"names none of the contestants ({', '.join(contestants)})")
    if len(figures) != 1:
        problems.append(f"must have one figure, such as 0.8442 or '82.35 %'; it has {len(figures) or 'none'}")
    if not rest:
        problems.append(f"names no metric; {_KNOWN}")
    if problems:
        raise RecipeError(f"claim {text[:80]!r}: {problem}" for problem in problems)
    try:
        return claim_from(names[0], " ".join(rest), figures[0], contestants)
    except RecipeError as error:
        raise RecipeError(f"claim {text[:80]!r}: {problem}" for problem in error.problems) from None


def claim_from(contestant: str, metric: str, published: str, contestants: Mapping[str, str], **more: Any) -> Claim:
    """A claim from its parts as text.

    Parameters
    ----------
    contestant, metric, published : str
    contestants : mapping of name to family
    **more
        ``on`` in any of its words, and ``source``.

    Raises
    ------
    RecipeError
        With every problem.
    """
    problems: list[str] = []
    name = _contestant(contestant, contestants)
    if name is None:
        problems.append(f"contestant: must be one of {', '.join(contestants)}. Got {contestant[:60]!r}")
    known, on = _metric(metric)
    if known is None:
        problems.append(f"metric: {metric[:60]!r} is not known; {_KNOWN}")
    said = more.pop("on", None)
    if said and said.lower() not in _ROWS:
        problems.append(f"on: must be test, validation or training. Got {said[:60]!r}")
    try:
        value, digits = read_figure(published, is_share=known != "log_loss")
    except ValueError as error:
        problems.append(f"published: {error}")
    if problems:
        raise RecipeError(problems)
    if known == "error":
        known, value = "accuracy", round(1 - value, digits)
    rows = _ROWS[said.lower()] if said else on or "test"
    return Claim(contestant=name, metric=known, published=value, digits=digits, on=rows, **more)


def _contestant(word: str, contestants: Mapping[str, str]) -> str | None:
    """The name that a word stands for: a name, in any case, or a family that entered once."""
    by_name = {name.casefold(): name for name in contestants}
    if word.casefold() in by_name:
        return by_name[word.casefold()]
    own = [name for name, family in contestants.items() if family.casefold() == word.casefold()]
    return own[0] if len(own) == 1 else None


def _metric(words: str) -> tuple[str | None, str | None]:
    """The metric that words stand for, and the rows that they name."""
    parts = re.sub(r"[\W_]+", " ", words.lower()).split()
    on = next((_ROWS[part] for part in parts if part in _ROWS), None)
    return _BY_WORDS.get(frozenset(_essential(parts))), on


def _essential(parts: Sequence[str]) -> list[str]:
    return [part for part in parts if part not in _ROWS and part not in _FILLERS]
