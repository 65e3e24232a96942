"""The name of a fit: a hash of all that determines it.

Found in the store, a fit of that name is not run again. Who trains together in one population is part of the name,
since rounding depends on it: that is what makes a rerun equal bit for bit.
"""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

import numpy as np

from bakeoff.contest._plan import Plan
from bakeoff.contestants import Contestant, MemberPlan
from bakeoff.types import RowIndices

__all__ = ["name_fits", "name_version"]


def name_fits(contestant: Contestant, plan: Plan, members: Sequence[MemberPlan]) -> list[str] | None:
    """One name for each member, or None where what determines a fit cannot be hashed.

    Parameters
    ----------
    contestant : Contestant
    plan : Plan
        For the rows, what is known of them, and the threads, on which rounding depends.
    members : sequence of MemberPlan
        All that train together.
    """
    fingerprint = contestant.fingerprint()
    if fingerprint is None:
        return None
    composition = [_describe(member) for member in members]
    common = {
        "data": plan.dataset.sha256,
        "facts": asdict(plan.facts),
        "family": contestant.family,
        "settings": dict(contestant.resolve(plan.facts)),
        "versions": dict(fingerprint),
        "source": _hash_of_source(),
        "machine": platform.machine(),
        "threads": plan.threads,
        "composition": composition,
    }
    return [_hash({**common, "member": own, "index": index}) for index, own in enumerate(composition)]


def name_version(contestant: Contestant) -> str | None:
    """A name for the code that computes this contestant's fits; None where it cannot be hashed."""
    fingerprint = contestant.fingerprint()
    return None if fingerprint is None else _hash({"versions": dict(fingerprint), "source": _hash_of_source()})


@cache
def _hash_of_source() -> str:
    """Of how contestants prepare rows and read predictions: a mend there makes new fits."""
    digest = sha256()
    folder = resources.files("bakeoff.contestants")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _describe(member: MemberPlan) -> dict[str, Any]:
    return {
        "seed": member.seed,
        "train": _hash_rows(member.train),
        "validation": None if member.validation is None else _hash_rows(member.validation),
        "predict": {part: _hash_rows(rows) for part, rows in sorted(member.predict.items())},
        "epochs": member.epochs,
        "keep_model": member.keep_model,
        "settings": dict(member.settings),
        "shares_work": member.shares_work,
    }


def _hash_rows(rows: RowIndices) -> str:
    return sha256(np.ascontiguousarray(rows, dtype="<i8").data).hexdigest()


def _hash(content: dict[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()
