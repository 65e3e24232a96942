"""The result of a bake-off in two to four sentences, for somebody who has not heard of p-values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bakeoff.compare._estimates import Estimate
from bakeoff.compare._pairs import Comparison, Decision
from bakeoff.compare._words import METRIC_NAMES, difference_words, listed, score_words
from bakeoff.types import Metric

__all__ = ["TURNED", "VerdictFacts", "verdict"]

MOST_NAMED = 3
TURNED: dict[Decision, Decision] = {"better": "worse", "worse": "better", "equal": "equal", "undecided": "undecided"}
"""A decision, seen from the other of the two."""


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """What a verdict tells beside the scores.

    Parameters
    ----------
    metric : str
        The primary metric.
    on : {"test", "validation"}
    margin : float
        Differences inside it make no practical difference.
    grouped : bool
        Whether rows came in groups: what is needed more of is then called groups.
    failed : mapping of name to reason
        Contestants without a result.
    dummies : collection of str
        Contestants that do not look at the features.
    """

    metric: Metric = "f1_macro"
    on: str = "test"
    margin: float = 0.005
    grouped: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)
    dummies: Collection[str] = ()


def verdict(
    estimates: Mapping[str, Estimate], comparisons: Sequence[Comparison], facts: VerdictFacts | None = None
) -> str:
    """Who is best, who cannot be told from the best, who is clearly behind and by how much.

    Scores are written as 0.842, differences in points of a hundred.

    Parameters
    ----------
    estimates : mapping of name to Estimate
        On the primary metric; contestants that have a result.
    comparisons : sequence of Comparison
        All pairs of them, on the same metric and rows.
    facts : VerdictFacts, optional

    Returns
    -------
    str

    Examples
    --------
    >>> svc = Estimate(0.8417, 0.8332, 0.8499, None, (0.8417,), "this procedure", 7172)
    >>> print(verdict({"svc": svc}, [], VerdictFacts(metric="accuracy")))
    svc reaches an accuracy of 0.842 (0.833 to 0.850) on the test rows. It had nobody to be compared with.
    """
    facts = facts or VerdictFacts()
    if not estimates:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in facts.failed.items())
        return "No contestant finished, so there is nothing to compare" + (f" ({reasons})." if reasons else ".")
    ranked = sorted(estimates, key=lambda name: estimates[name].mean, reverse=facts.metric != "log_loss")
    best = ranked[0]
    against = {name: _seen_from(best, name, comparisons) for name in ranked[1:]}
    if len(ranked) == 1:
        sentences = [_alone(best, estimates[best], facts)]
    elif reason := estimates[best].reason:
        lead = f"{best} has the {_superlative(facts)} on the {facts.on} rows, {estimates[best].mean:.3f}"
        sentences = [f"{lead}, but nothing can be decided: {reason}."]
    else:
        sentences = [
            _first(best, estimates[best], against, facts),
            _settling(best, against, facts),
            _behind(best, against, facts),
            _dummy(best, against, facts),
        ]
    return " ".join(filter(None, [*sentences, _limits(best, estimates, against, facts)]))


def _alone(name: str, estimate: Estimate, facts: VerdictFacts) -> str:
    article = "an" if facts.metric == "accuracy" else "a"
    text = score_words(estimate.mean, estimate.low, estimate.high)
    note = f" ({estimate.reason})" if estimate.reason else ""
    return (
        f"{name} reaches {article} {METRIC_NAMES[facts.metric]} of {text} on the {facts.on} rows{note}. "
        "It had nobody to be compared with."
    )


def _first(best: str, estimate: Estimate, against: Mapping[str, Comparison], facts: VerdictFacts) -> str:
    score = f"{estimate.mean:.3f}; {estimate.low:.3f} to {estimate.high:.3f}"
    open_ones, equals = _with_decision(against, "undecided"), _with_decision(against, "equal")
    tails = []
    if len(open_ones) == len(against) > MOST_NAMED:
        tails.append("none of the others can be told from it")
    elif open_ones:
        tails.append(f"{listed(open_ones)} cannot be told from it")
    if equals:
        within = difference_words(facts.margin, None, None, facts.metric)
        tails.append(f"{listed(equals)} {'is' if len(equals) == 1 else 'are'} as good within {within}")
    if not tails:
        return f"{best} is the best on {METRIC_NAMES[facts.metric]} ({score}) on the {facts.on} rows."
    return f"{best} has the {_superlative(facts)} ({score}) on the {facts.on} rows, but {' and '.join(tails)}."


def _settling(best: str, against: Mapping[str, Comparison], facts: VerdictFacts) -> str:
    """How much data would settle the nearest open rival, and in what way; left out where data alone would not."""
    nearest = next((name for name, comparison in against.items() if comparison.decision == "undecided"), None)
    if nearest is None or (needed := against[nearest].groups_needed) is None:
        return ""
    rounded = round(needed, 1 - len(str(needed)))
    amount = f"about {rounded:,} {'groups' if facts.grouped else 'rows'} instead of {against[nearest].n_groups:,}"
    if against[nearest].needed_to_show == "equality":
        within = difference_words(facts.margin, None, None, facts.metric)
        return f"To show that {best} and {nearest} are equal within {within} would take {amount}."
    return f"To tell {best} from {nearest} would take {amount}."


def _behind(best: str, against: Mapping[str, Comparison], facts: VerdictFacts) -> str:
    behind = _with_decision(against, "better")
    if not behind:
        return ""
    named = behind[:MOST_NAMED]
    parts = [
        f"{name} by {difference_words(found.difference, found.low, found.high, facts.metric)}"
        for name in named
        for found in [against[name]]
    ]
    if len(behind) > MOST_NAMED:
        parts.append(f"{len(behind) - MOST_NAMED} more by at least as much")
    return f"Clearly behind {best}: {listed(parts)}."


def _dummy(best: str, against: Mapping[str, Comparison], facts: VerdictFacts) -> str:
    unbeaten = [name for name in facts.dummies if name == best or _decision(against, name) in {"undecided", "equal"}]
    if not unbeaten:
        return ""
    return f"Nothing was shown to beat {unbeaten[0]}, which never looks at the data it labels."


def _limits(
    best: str, estimates: Mapping[str, Estimate], against: Mapping[str, Comparison], facts: VerdictFacts
) -> str:
    sentences = []
    estimands = {found.estimand for found in against.values()} or {estimates[best].estimand}
    if "this fit" in estimands:
        sentences.append("This holds for these fits: with fewer than five seeds, new runs may rank otherwise.")
    if facts.failed:
        sentences.append(f"No result: {listed(list(facts.failed))}.")
    return " ".join(sentences)


def _seen_from(best: str, other: str, comparisons: Sequence[Comparison]) -> Comparison:
    """The comparison of the two with the best one as a."""
    for found in comparisons:
        if (found.a, found.b) == (best, other):
            return found
        if (found.b, found.a) == (best, other):
            return replace(
                found,
                a=best,
                b=other,
                difference=-found.difference,
                low=None if found.high is None else -found.high,
                high=None if found.low is None else -found.low,
                decision=TURNED[found.decision],
            )
    raise ValueError(f"there is no comparison of '{best}' with '{other}'")


def _with_decision(against: Mapping[str, Comparison], decision: Decision) -> list[str]:
    return [name for name, found in against.items() if found.decision == decision]


def _decision(against: Mapping[str, Comparison], name: str) -> Decision | None:
    return against[name].decision if name in against else None


def _superlative(facts: VerdictFacts) -> str:
    return f"{'lowest' if facts.metric == 'log_loss' else 'highest'} {METRIC_NAMES[facts.metric]}"
