"""What was looked into, a line each: so that it means something where nothing is said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from bakeoff.compare import doubts_labels
from bakeoff.report._format import count, is_number, plural, times
from bakeoff.report._text import shown
from bakeoff.report._view import Check, State
from bakeoff.report.sections._context import Context, Entry, name_of
from bakeoff.report.sections._copies import harm_in_short
from bakeoff.report.sections._unlike import is_unlike, unlike_sentence
from bakeoff.report.sections._validation import gaps_of, truth_of_validation

__all__ = ["checks_of"]

_STATES = ("look", "unchecked", "fine")
_ENOUGH_SEEDS = 5  # from so many on, the spread of seeds says something of the next one


def checks_of(context: Context, above: Collection[str]) -> tuple[Check, ...]:
    """Groups, validation, labels, likeness, openings and seeds; what is worth a look first.

    Parameters
    ----------
    context : Context
    above : collection of str
        Codes of findings that are told in full before: they are pointed to, not told again.
    """
    found = []
    for look, codes in _LOOKS.items():
        check, told = look(context), [code for code in codes if code in above]
        if check is not None and told:
            check = replace(check, state="look", text=f"See {', '.join(told)}.")
        elif check is not None and check.state == "look":
            check = replace(check, is_silenced=any(code in context.silenced for code in codes))
        if check is not None:
            found.append(check)
    return tuple(sorted(found, key=lambda check: _STATES.index(check.state)))


def _near_copies(context: Context) -> Check | None:
    found = _copies_found(context)
    if found is None or not context.not_searched:
        return found
    return replace(found, state="look", text=f"{found.text} {context.not_searched}")


def _copies_found(context: Context) -> Check | None:
    groups, name = context.groups, "Near-copies"
    if context.has_groups:
        return _groups(context)
    if context.apart:
        sizes = ", ".join(count(size) for size in context.apart[:5])
        return Check(name, "look", f"Groups of {sizes} rows look alike and could not be kept together.", "copies")
    if is_number(groups.get("n_rows_with_copies")):
        how = f", searched from a correlation of {groups['threshold']:g}" if is_number(groups.get("threshold")) else ""
        return Check(name, "fine", f"None among {count(context.card.get('n_train'))} training rows{how}.")
    exact = (context.card.get("exact_copies") or {}).get("train")
    also = f" Exact copies were: {count(exact)} in training." if is_number(exact) else ""
    return Check(name, "unchecked", f"Near-copies were not looked for.{also}") if context.card else None


def _groups(context: Context) -> Check:
    groups, copied = context.groups, context.groups.get("n_test_copies")
    if groups.get("declared"):
        name, text = "Groups", f"{count(groups.get('n_groups'))} groups were declared"
        across = groups.get("leaking") or 0
        more = f" {plural(int(across), 'group')} {'has' if across == 1 else 'have'} training and test rows."
    else:
        name, text = "Near-copies", f"{count(groups.get('n_rows_with_copies'))} training rows have near-copies"
        across = copied if is_number(copied) else 0
        more = f" {count(across)} test rows have one in training."
    kept = "." if context.validates_on_test else "; every split keeps them together."
    if context.apart:
        kept = "; the largest groups could not be kept together."
    is_fine = not across and not context.apart
    harm = "".join(f" {sentence}" for sentence in harm_in_short(context))
    return Check(name, "fine" if is_fine else "look", text + kept + harm + (more if across else ""), "copies")


def _validation(context: Context) -> Check | None:
    if context.validates_on_test:
        return Check("Validation", "look", "Its rows are the test rows, so it cannot be held against them.")
    gaps = gaps_of(context)
    if not gaps:
        return None
    is_off = any(found.is_beyond_margin for _, found in gaps)
    is_known = any(found.low is not None for _, found in gaps)
    state: State = "look" if is_off else "fine" if is_known else "unchecked"
    return Check("Validation", state, truth_of_validation(context, gaps), "validation")


def _labels(context: Context) -> Check | None:
    found = context.probe("labels")
    number, n_rows = found.get("n_candidates"), found.get("n_rows")
    if not is_number(number):
        return Check("Labels", "unchecked", "Labels were not looked at for errors.") if context.card else None
    by = shown(found.get("by") or "a classifier", 120)
    if not number:
        return Check("Labels", "fine", f"No label of {count(n_rows)} training rows looks wrong to {by}.")
    doubts = f"{_capital(by)} that had not learnt them doubts {count(number)} of {count(n_rows)} labels"
    if doubts_labels(found) or not is_number(found.get("evidence")):
        return Check("Labels", "look", f"{doubts}: candidates to look at, not errors.", "labels")
    return Check("Labels", "fine", f"{doubts}; a model that errs doubts labels too.", "labels")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _unlike(context: Context) -> Check | None:
    if not context.card.get("n_test") or context.has_folds:
        return None
    name, unlike = "Training and test alike", is_unlike(context)
    if unlike is None:
        words = unlike_sentence(context) or "Training rows were not compared with test rows."
        return Check(name, "unchecked", words)
    return Check(name, "look" if unlike else "fine", unlike_sentence(context))


def _openings(context: Context) -> Check | None:
    record, name = context.run.part("openings"), "Test labels"
    now, ever = record.get("this_run"), record.get("ever")
    if not is_number(now):
        return None
    if not now and not (is_number(ever) and ever):
        has_test = bool(context.card.get("n_test"))
        return Check(name, "fine", "Sealed: they were never opened.", "openings") if has_test else None
    total = max(int(ever), int(now)) if is_number(ever) else int(now)
    if total == now == 1 and len(record.get("sentences") or ()) > 1:
        text = "Opened once, by this run; but other divisions of the same rows were opened before."
        return Check(name, "look", text, "openings")
    if total == now == 1:
        return Check(name, "fine", "Opened once, by this run.", "openings")
    by = "all by this run" if now == total else f"{times(now)} by this run" if now else "never by this run"
    return Check(name, "look", f"Opened {times(total)}, {by}. Each look is a chance to choose by luck.", "openings")


def _seeds(context: Context) -> Check | None:
    scored = [entry for entry in context.contestants if context.score(entry)]
    random = [entry for entry in scored if entry.get("is_random", len(entry.get("seeds") or ()) > 1)]
    if not scored:
        return None
    if not random:
        return Check("Seeds", "fine", "No contestant here depends on a seed.")
    scores = [(name_of(entry), _n_scored(context, entry)) for entry in random]
    few = [f"{name} ({number})" for name, number in scores if number < _ENOUGH_SEEDS]
    if few:
        listed = ", ".join(few)
        return Check("Seeds", "look", f"Fewer than {_ENOUGH_SEEDS}: {listed}. Another seed may turn the result.")
    whom = "the contestant that is random" if len(random) == 1 else f"each of {len(random)} contestants that are random"
    return Check("Seeds", "fine", f"{min(number for _, number in scores)} for {whom}.", "leaderboard")


def _n_scored(context: Context, entry: Entry) -> int:
    """How many seeds have a score: a fit that failed or ran out of time has none."""
    return len(context.score(entry).get("values") or ())


_LOOKS: Mapping[Callable[[Context], Check | None], Sequence[str]] = {  # with the findings that tell of the same
    _near_copies: ("D005", "D006", "D008", "D011", "D012", "P002"),
    _validation: ("P001", "R006"),
    _labels: ("D010",),
    _unlike: ("D009",),
    _openings: ("P001", "P004"),
    _seeds: ("P003", "R007"),
}
