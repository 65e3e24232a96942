"""What is kept: fits, predictions, times and openings, in SQLite and a folder of artifacts."""

from bakeoff.store._checkpoints import CheckpointFile, remove_stale_checkpoints
from bakeoff.store._files import write_atomically, write_folder_atomically
from bakeoff.store._openings import Fingerprints, Opening, OpeningHistory, fingerprint_rows
from bakeoff.store._store import FitRecord, OpeningRecord, RunRecord, Store

__all__ = [
    "CheckpointFile",
    "Fingerprints",
    "FitRecord",
    "Opening",
    "OpeningHistory",
    "OpeningRecord",
    "RunRecord",
    "Store",
    "fingerprint_rows",
    "remove_stale_checkpoints",
    "write_atomically",
    "write_folder_atomically",
]
