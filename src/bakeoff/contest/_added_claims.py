"""Published figures that are checked after a run: ``claims.json``, beside the ``results.json`` that stays as it was."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.contest._claim_sentences import claim_sentences
from bakeoff.contest._claims import check_claims
from bakeoff.contest._run import Run
from bakeoff.errors import StoreError
from bakeoff.recipe import Claim
from bakeoff.store import write_atomically

__all__ = ["CheckedClaims", "add_claims"]

_SCHEMA = 1
_LARGEST_FILE = 1 << 24


@dataclass(frozen=True)
class CheckedClaims:
    """Every published figure of a run, checked.

    Parameters
    ----------
    claims : sequence of mapping
        Those of its recipe, then those that were added; see ``docs/results.md``.
    sentences : sequence of str
        What they amount to together.
    """

    claims: Sequence[Mapping[str, Any]]
    sentences: Sequence[str]


def add_claims(run: Run, claims: Sequence[Claim]) -> CheckedClaims:
    """Check figures against a finished run, without fitting anything, and keep them in its ``claims.json``.

    A figure that was added before is checked again; one that the recipe has is not added.

    Parameters
    ----------
    run : Run
    claims : sequence of Claim
        Of contestants that the run has.

    Raises
    ------
    InputError
        If a claim is of a contestant that the run does not have.
    StoreError
        If the run's folder cannot be read or written.
    """
    path = run.folder / "claims.json"
    # A run of an earlier release says less of its claims.
    own = [{"digits": 4, "on": "test", "like_for_like": None, **claim} for claim in run.results["claims"]]
    added = {_identity(claim): claim for claim in _kept(path)}
    added |= {_identity(claim): claim for claim in check_claims(claims, run.results)}
    new = [claim for identity, claim in added.items() if identity not in {_identity(known) for known in own}]
    checked = CheckedClaims([*own, *new], claim_sentences([*own, *new], run.results))
    if new:
        content = {"schema": _SCHEMA, "claims": new, "claim_sentences": list(checked.sentences)}
        write_atomically(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    return checked


def _identity(claim: Mapping[str, Any]) -> tuple[Any, ...]:
    return (claim["contestant"], claim["metric"], claim["on"], claim["published"], claim["digits"])


def _kept(path: Path) -> Sequence[Mapping[str, Any]]:
    """The claims that were added before."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise StoreError(f"{path}: larger than any run writes ({_LARGEST_FILE >> 20} MiB)")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: cannot be read: {error}. Delete it to begin anew") from None
    if not isinstance(content, dict) or content.get("schema") != _SCHEMA or not isinstance(content.get("claims"), list):
        raise StoreError(f"{path}: is not of schema {_SCHEMA}, which this release of Bakeoff reads; delete it")
    kept: Sequence[Mapping[str, Any]] = content["claims"]
    return kept
