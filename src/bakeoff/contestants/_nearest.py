"""What the user probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean"]


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A hint to append to a message about an unknown name: the nearest name, or nothing.

    Examples
    --------
    >>> did_you_mean("forrest", ["forest", "knn"])
    ' Did you mean forest?'
    >>> did_you_mean("xyz", ["forest", "knn"])
    ''
    """
    # Of names that differ in case alone, the first counts.
    by_lower = {name.lower(): name for name in reversed(list(known))}
    nearest = get_close_matches(given.lower(), by_lower, n=1, cutoff=0.55)
    return f" Did you mean {by_lower[nearest[0]]}?" if nearest else ""
