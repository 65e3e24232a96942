"""What the checks found: the box that stands right after the verdict."""

from collections.abc import Sequence
from typing import Any, Literal

from bakeoff.report._format import plural
from bakeoff.report._text import shown
from bakeoff.report._view import Block, Check, Checks, Finding, Findings, Fold, Section, Words
from bakeoff.report.sections._checked import checks_of
from bakeoff.report.sections._context import Context
from bakeoff.report.sections._remedies import remedy, where

__all__ = ["trust"]

_GRAVITY: dict[str, Literal["error", "warning", "note"]] = {"error": "error", "warning": "warning", "note": "note"}
_ORDER = tuple(_GRAVITY)


def trust(context: Context) -> Section:
    """The answer in a sentence, findings with what to do, the gravest first, and what was looked into."""
    found = sorted(
        (_finding(entry) for entry in context.run.entries("findings")),
        key=lambda finding: _ORDER.index(finding.severity),
    )
    grave = tuple(finding for finding in found if finding.severity != "note")
    notes = tuple(finding for finding in found if finding.severity == "note")
    checked = checks_of(context, {finding.code for finding in grave})
    blocks: list[Block] = [Words(_answer(context, grave, checked))]
    if grave:
        blocks.append(Findings(grave))
    if checked:
        blocks += [Words("What was looked into:"), Checks(checked)]
    if notes:
        titles = "; ".join(dict.fromkeys(finding.title for finding in notes))
        blocks.append(Fold(f"{plural(len(notes), 'note')}: {titles}", (Findings(notes),)))
    return Section("trust", "Can this be trusted?", tuple(blocks))


def _answer(context: Context, grave: Sequence[Finding], checked: Sequence[Check]) -> str:
    if not any(context.score(entry) for entry in context.contestants):
        return "There is no score here that could be trusted or not."
    errors = sum(finding.severity == "error" for finding in grave)
    if errors:
        more = f", and {plural(len(grave) - 1, 'more finding')}" if len(grave) > 1 else ""
        return f"Not as it stands: {_lower(grave[0].title)} ({grave[0].code}){more}."
    if grave:
        more = f" and {plural(len(grave) - 1, 'more finding')}" if len(grave) > 1 else ""
        return f"With care: first read “{grave[0].title}” ({grave[0].code}){more}."
    looks = sum(check.state == "look" for check in checked)
    unchecked = sum(check.state == "unchecked" for check in checked)
    if looks:
        is_worth = "1 thing below is worth a look" if looks == 1 else f"{looks} things below are worth a look"
        return f"By and large: no check speaks against these scores, but {is_worth}."
    if unchecked:
        return (
            f"As far as it was checked: nothing speaks against these scores, but {unchecked} of {len(checked)} things "
            f"{'was' if unchecked == 1 else 'were'} not looked into."
        )
    return "Yes, as far as checks can see: nothing that was looked into speaks against these scores."


def _lower(title: str) -> str:
    """A title within a sentence; what begins with more than one capital letter, such as a name, stays."""
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title


def _finding(entry: Any) -> Finding:
    code = shown(entry.get("code", ""), 12)
    return Finding(
        code=code,
        severity=_GRAVITY.get(str(entry.get("severity")), "note"),
        title=shown(entry.get("title", ""), 200),
        detail=shown(entry["detail"], 1000) if entry.get("detail") else "",
        remedy=remedy(code),
        section=where(code),
    )
