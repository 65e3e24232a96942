"""Coded checks of data, protocol and results.

Every finding has a stable code (``D...`` data, ``P...`` protocol, ``R...`` results), a page in ``docs/checks/``, and
numbers. A check is a function from plain results to findings; the lists below are all there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.audit._averages import UnlikeAverages, rows_meant, unlike_averages
from bakeoff.audit._choices import has_split
from bakeoff.audit._copies import with_scores
from bakeoff.audit._data import DATA_CHECKS
from bakeoff.audit._finding import Finding
from bakeoff.audit._harm_words import harm_sentence
from bakeoff.audit._labels import find_label_candidates
from bakeoff.audit._measure import measure_probes, no_probes
from bakeoff.audit._probes import PROBE_WORDS, Division, FitAndPredict, ProbeName, ProbePurpose, ProbeTask
from bakeoff.audit._protocol import PROTOCOL_CHECKS
from bakeoff.audit._scores import SCORE_CHECKS
from bakeoff.audit._training import TRAINING_CHECKS

__all__ = [
    "DATA_CHECKS",
    "PROBE_WORDS",
    "PROTOCOL_CHECKS",
    "RESULT_CHECKS",
    "Division",
    "Finding",
    "FitAndPredict",
    "ProbeName",
    "ProbePurpose",
    "ProbeTask",
    "UnlikeAverages",
    "check_data",
    "check_run",
    "find_label_candidates",
    "harm_sentence",
    "measure_probes",
    "no_probes",
    "rows_meant",
    "unlike_averages",
]

RESULT_CHECKS = (*SCORE_CHECKS, *TRAINING_CHECKS)


def check_data(card: Mapping[str, Any], ignore: Sequence[str] = ()) -> list[Finding]:
    """Check the data alone.

    Parameters
    ----------
    card : mapping
        The ``data`` part of ``results.json``.
    ignore : sequence of str
        Codes to leave out.

    Returns
    -------
    list of Finding, errors first.
    """
    found = (finding for check in DATA_CHECKS for finding in check(card))
    return _sorted(finding for finding in found if finding.code not in ignore)


def check_run(results: Mapping[str, Any], ignore: Sequence[str] = ()) -> list[Finding]:
    """Check data, protocol and results of a run.

    Parameters
    ----------
    results : mapping
        As in ``results.json``; ``findings`` and ``verdict`` need not be there yet.
    ignore : sequence of str
        Codes to leave out.

    Returns
    -------
    list of Finding, errors first.
    """
    found = [
        with_scores(finding, results) if finding.code == "D012" else finding
        for finding in check_data(results["data"])
        if finding.code != "P002" or finding.severity == "error" or has_split(results)
    ]
    for check in (*PROTOCOL_CHECKS, *RESULT_CHECKS):
        found.extend(check(results))
    return _sorted(finding for finding in found if finding.code not in ignore)


def _sorted(findings: Any) -> list[Finding]:
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(findings, key=lambda finding: (order[finding.severity], finding.code))
