"""How scores and differences are written in sentences: scores as 0.842, differences of them in points of a hundred."""

from collections.abc import Mapping, Sequence

from bakeoff.types import Metric

__all__ = ["METRIC_NAMES", "difference_words", "listed", "score_words"]

METRIC_NAMES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_weighted": "weighted F1",
    "log_loss": "log loss",
}


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    Examples
    --------
    >>> listed(["svc", "knn", "forest"])
    'svc, knn and forest'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def score_words(mean: float, low: float | None, high: float | None) -> str:
    """A score with its interval.

    Examples
    --------
    >>> score_words(0.8417, 0.8332, 0.8499)
    '0.842 (0.833 to 0.850)'
    """
    return f"{mean:.3f}" if low is None or high is None else f"{mean:.3f} ({low:.3f} to {high:.3f})"


def difference_words(difference: float, low: float | None, high: float | None, metric: Metric) -> str:
    """The size of a difference with its interval, the sign dropped: the sentence says who is ahead.

    Examples
    --------
    >>> difference_words(-0.018, -0.032, -0.004, "f1_macro")
    '1.8 points (0.4 to 3.2)'
    """
    scale, unit, digits = (1.0, "", 3) if metric == "log_loss" else (100.0, " points", 1)
    text = f"{abs(difference) * scale:.{digits}f}{unit}"
    if low is None or high is None:
        return text
    near, far = (low, high) if difference >= 0 else (-high, -low)
    # Adding zero turns the "-0.0" of an end that is just below zero into "0.0".
    return f"{text} ({round(near * scale, digits) + 0.0:.{digits}f} to {far * scale:.{digits}f})"
