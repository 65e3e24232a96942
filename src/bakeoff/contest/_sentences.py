"""What was done, in words: the part of a report that says how."""

from bakeoff.contest._plan import Plan

__all__ = ["protocol_sentences"]

_METRICS = {
    "f1_macro": "macro F1 (every class counts alike)",
    "accuracy": "accuracy",
    "f1_weighted": "weighted F1 (classes count by their rows)",
    "log_loss": "log loss (lower is better)",
}

_TOGETHER = {
    None: "",
    "declared": ", with rows of one declared group kept on one side",
    "found": ", with near-copies kept on one side",
}


def protocol_sentences(plan: Plan, decided_on: str) -> list[str]:
    """The protocol of this bake-off, one sentence a step."""
    protocol, parts = plan.recipe.protocol, plan.parts
    together = _TOGETHER[plan.dataset.groups_from]
    said: list[str] = []
    if parts.test == "file":
        said.append("The test rows are those of the test file; nothing was chosen on them.")
    elif parts.test == "holdout":
        said.append(
            f"There is no test file, so {protocol.holdout_fraction:.0%} of the rows were set aside as test rows, "
            f"stratified by class{together}; which ones depends on the data alone."
        )
    else:
        said.append(
            f"There is no test file and there are few rows, so {len(parts.divisions)} folds were made, stratified by "
            f"class{together}; every row is scored once, by a fit that never saw its fold."
        )
    if parts.validation == "test":
        said[-1] = said[-1].replace("nothing was chosen on them", "they were also watched after every epoch")
    elif parts.validation == "none":
        said.append("No validation rows were set aside: every contestant was fitted once, on all training rows.")
    elif parts.validation == "folds":
        said.append(
            "Where something is chosen on validation rows, one of the training folds of each division was set aside "
            "for it; a contestant that only watches them did so once, in the first division."
        )
    else:
        said.append(
            f"{parts.validation:.0%} of the training rows, stratified by class{together}, were the validation rows: "
            "everything is chosen on them."
        )
    if isinstance(protocol.validation, float):
        said.append(
            "Then every contestant was fitted again on all training rows, and that fit is what the test rows saw."
            if protocol.refit
            else "The fit on the remaining training rows is what the test rows saw (refit: false)."
        )
    said.append(
        f"The score that decides is {_METRICS[protocol.primary_metric]} on the {decided_on} rows; all intervals hold "
        f"together with {protocol.confidence:.0%} confidence, and a difference within {protocol.margin:g} counts as "
        "none."
    )
    said.append(
        f"Contestants were fitted one after the other, on {plan.threads} threads. Networks of one contestant train "
        "together, and the time of each is its share; compilation and prediction are timed apart. A fit that was kept "
        "from an earlier run keeps the time it took then."
    )
    return said
