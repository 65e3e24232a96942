"""What the checks found: the box that stands right after the verdict."""

from typing import Any, Literal

from bakeoff.report._format import plural
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Finding, Findings, Section, Words
from bakeoff.report.sections._context import Context

__all__ = ["trust"]

_GRAVITY: dict[str, Literal["error", "warning", "note"]] = {"error": "error", "warning": "warning", "note": "note"}
_ORDER = tuple(_GRAVITY)


def trust(context: Context) -> Section:
    """Findings with their codes, the gravest first."""
    found = sorted(
        (_finding(entry) for entry in context.run.entries("findings")),
        key=lambda finding: _ORDER.index(finding.severity),
    )
    blocks: tuple[Block, ...]
    if found:
        counts = [
            plural(sum(finding.severity == severity for finding in found), severity)
            for severity in _ORDER
            if any(finding.severity == severity for finding in found)
        ]
        blocks = (
            Words(f"The checks of data, protocol and results report {', '.join(counts)}."),
            Findings(tuple(found)),
        )
    else:
        blocks = (Words("None of the checks that ran reports anything. They cannot see everything: read on."),)
    return Section("trust", "Can this be trusted?", blocks)


def _finding(entry: Any) -> Finding:
    return Finding(
        code=shown(entry.get("code", ""), 12),
        severity=_GRAVITY.get(str(entry.get("severity")), "note"),
        title=shown(entry.get("title", ""), 200),
        detail=shown(entry["detail"], 1000) if entry.get("detail") else "",
    )
