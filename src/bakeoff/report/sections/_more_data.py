"""Whether more rows would help: the learning curve of a study of these training rows, where the workspace has one."""

from bakeoff.report._study_blocks import question_blocks
from bakeoff.report._text import shown
from bakeoff.report._view import Code, Section, Words
from bakeoff.report.sections._context import Context

__all__ = ["more_data"]


def more_data(context: Context) -> Section | None:
    """The curve over the number of training rows; None where nobody studied it."""
    curve = context.run.learning_curve
    if not curve:
        return None
    base = shown(curve.get("base") or "small", 80)
    blocks = question_blocks(curve["question"], "learning-curve")
    from_study = Words(f"From study {shown(curve['study'], 120)}, with its base network, “{base}”.", "muted")
    command = Code(shown(curve.get("command") or "", 2000), "The study again")
    return Section("more-data", "Would more data help?", (*blocks, from_study, *([command] if command.text else [])))
