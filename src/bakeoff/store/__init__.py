"""What is kept: fits, predictions, times and openings, in SQLite and a folder of artifacts."""

from bakeoff.store._files import write_atomically, write_folder_atomically
from bakeoff.store._openings import Fingerprints, Opening, OpeningHistory, fingerprint_rows
from bakeoff.store._store import FitRecord, OpeningRecord, RunRecord, Store

__all__ = [
    "Fingerprints",
    "FitRecord",
    "Opening",
    "OpeningHistory",
    "OpeningRecord",
    "RunRecord",
    "Store",
    "fingerprint_rows",
    "write_atomically",
    "write_folder_atomically",
]
