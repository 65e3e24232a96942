"""The checkpoint of a job: whose it is, what it tells people, and what it leaves of a time limit."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from bakeoff.contest._events import Event, JobProgress, Said
from bakeoff.contest._keys import name_version
from bakeoff.contestants import Contestant
from bakeoff.store import CheckpointFile, Store, remove_stale_checkpoints

__all__ = ["checkpoint_of", "event_of"]


def checkpoint_of(
    store: Store, contestant: Contestant, keys: Sequence[str] | None, interval_seconds: float
) -> CheckpointFile | None:
    """Where a job keeps its checkpoint; None where what determines a fit cannot be hashed.

    Checkpoints of the same family that other versions left are taken away.

    Parameters
    ----------
    store : Store
    contestant : Contestant
    keys : sequence of str or None
        Names of all fits of the job, in their order.
    interval_seconds : float
        See `bakeoff.store.CheckpointFile`.
    """
    version = name_version(contestant)
    if keys is None or version is None:
        return None
    folder = store.workspace.resolve() / "artifacts" / "checkpoints"
    family = sha256(contestant.family.encode()).hexdigest()[:8]
    remove_stale_checkpoints(folder, family, version[:16])
    job = sha256("\n".join(keys).encode()).hexdigest()[:32]
    return CheckpointFile(folder, f"{family}-{version[:16]}-{job}", interval_seconds)


def event_of(contestant: str, number: int, values: Mapping[str, Any]) -> Event:
    """What a job reports, as an event: news of checkpoints are sentences for people."""
    if "lost" in values:
        return Said(f"{contestant}: {values['lost']} was lost in the middle of a fit, which runs again elsewhere.")
    what = values.get("checkpoint")
    if what is None:
        return JobProgress(contestant, values, number)
    if what == "used":
        return Said(f"{contestant}: goes on after epoch {values['epoch']} of {values['epochs']}, from its checkpoint.")
    if what == "ignored":
        return Said(f"{contestant}: its checkpoint is not used, {values['reason']}. Training begins anew.")
    return Said(f"{contestant}: goes on without checkpoints: {values['reason']}.")
