"""A plan as text: what would run, and how long about."""

from bakeoff.contest._plan import Plan
from bakeoff.recipe import dump_recipe

__all__ = ["describe_plan"]


def describe_plan(plan: Plan) -> str:
    """The resolved recipe as YAML, with what would run as comments below it: a recipe file, ready to edit."""
    lines = [f"What would run: {plan.n_fits} fits, about {_about(plan.estimate_seconds)} on {plan.threads} threads."]
    n_folds = len(plan.parts.divisions)
    for planned in plan.contestants:
        seeds = f"{len(planned.seeds)} seed{'s' if len(planned.seeds) > 1 else ''}"
        stages = " and ".join(_stage_words(stage, len(on), n_folds) for stage, on in planned.stages.items())
        lines.append(
            f"  {planned.contestant.name}: {seeds}, {stages}; about {_about(planned.estimate_seconds)}, "
            f"a fit at most {planned.time_limit_seconds:g} s"
        )
    lines += [*plan.dataset.decisions, *plan.decisions]
    return dump_recipe(plan.recipe) + "".join(f"# {line}\n" for text in lines for line in text.splitlines())


def _stage_words(stage: str, n_divisions: int, n_folds: int) -> str:
    folds = f" of {n_divisions} fold{'s' if n_divisions > 1 else ''}" if n_folds > 1 else ""
    return f"chosen on validation rows{folds}" if stage == "validation" else f"fitted on all training rows{folds}"


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
