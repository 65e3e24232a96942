"""How much better a random split makes a score look than a grouped one: one rule for findings and for reports."""

from collections.abc import Mapping
from typing import Any

from bakeoff.compare._gap import Gap, bonferroni, score_gap
from bakeoff.compare._options import CompareOptions

__all__ = ["harm_gaps"]


def harm_gaps(harm: Mapping[str, Any]) -> dict[str, Gap]:
    """Random minus grouped accuracy of every probe; the intervals hold together (Bonferroni).

    Groups do harm where one of these gaps lies above the margin of equality as a whole (`Gap.low` above `Gap.margin`);
    where no gap has an interval there are too few groups to tell.

    Parameters
    ----------
    harm : mapping
        ``data.probes.harm`` of ``results.json``.

    Returns
    -------
    dict of probe name to Gap

    Examples
    --------
    >>> seems, is_right = {"mean": 0.9, "low": 0.87, "high": 0.93}, {"mean": 0.8, "low": 0.76, "high": 0.84}
    >>> gap = harm_gaps({"contestants": [{"name": "nearest", "random": seems, "grouped": is_right}]})["nearest"]
    >>> round(gap.low, 3), gap.margin, gap.is_beyond_margin
    (0.05, 0.005, True)
    """
    usual, probes = CompareOptions(metric="accuracy"), harm.get("contestants") or ()
    wider = bonferroni(usual.confidence, len(probes))
    gaps = {
        str(probe.get("name", "")): score_gap(
            probe.get("random") or {}, probe.get("grouped") or {}, wider, usual.margin
        )
        for probe in probes
    }
    return {name: gap for name, gap in gaps.items() if gap is not None}
