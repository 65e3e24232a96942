"""What several checks read from a data card or from results."""

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["Card", "n_rows_searched", "part_decided", "probe_of", "things_of"]

Card: TypeAlias = Mapping[str, Any]
"""The ``data`` part of ``results.json``."""


def probe_of(card: Card, name: str) -> Mapping[str, Any] | None:
    """What a probe found; None where it was not run."""
    found: Mapping[str, Any] | None = (card.get("probes") or {}).get(name)
    return found


def things_of(card: Card) -> str:
    """What people call the rows."""
    return "pictures" if card["kind"] == "images" else "rows"


def n_rows_searched(card: Card) -> int:
    """Rows among which near-copies were looked for: where some are held out, these too."""
    return int(card.get("n_rows_searched") or card["n_train"])


def part_decided(results: Mapping[str, Any]) -> str:
    """The part whose scores rank the contestants: the test rows where any were scored."""
    return "test" if any(entry.get("test") for entry in results["contestants"]) else "validation"
