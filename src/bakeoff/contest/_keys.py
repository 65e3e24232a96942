"""The name of a fit: a hash of all that determines it.

Found in the store, a fit of that name is not run again. Who trains together in one population is part of the name,
since rounding depends on it: that is what makes a rerun equal bit for bit.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np

from bakeoff.contestants import Contestant, Facts, MemberPlan
from bakeoff.types import RowIndices

__all__ = ["name_fits"]


def name_fits(
    contestant: Contestant, data_sha256: str, facts: Facts, members: Sequence[MemberPlan]
) -> list[str] | None:
    """One name for each member, or None where what determines a fit cannot be hashed.

    Parameters
    ----------
    contestant : Contestant
    data_sha256 : str
        Of the decoded rows.
    facts : Facts
    members : sequence of MemberPlan
        All that train together.
    """
    fingerprint = contestant.fingerprint()
    if fingerprint is None:
        return None
    composition = [_describe(member) for member in members]
    common = {
        "data": data_sha256,
        "facts": asdict(facts),
        "family": contestant.family,
        "settings": dict(contestant.resolve(facts)),
        "versions": dict(fingerprint),
        "composition": composition,
    }
    return [_hash({**common, "member": own, "index": index}) for index, own in enumerate(composition)]


def _describe(member: MemberPlan) -> dict[str, Any]:
    return {
        "seed": member.seed,
        "train": _hash_rows(member.train),
        "validation": None if member.validation is None else _hash_rows(member.validation),
        "predict": {part: _hash_rows(rows) for part, rows in sorted(member.predict.items())},
        "epochs": member.epochs,
        "keep_model": member.keep_model,
    }


def _hash_rows(rows: RowIndices) -> str:
    return sha256(np.ascontiguousarray(rows, dtype="<i8").data).hexdigest()


def _hash(content: dict[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()
