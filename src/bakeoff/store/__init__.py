"""What is kept: fits, predictions, times and openings, in SQLite and a folder of artifacts."""

from bakeoff.store._files import write_atomically, write_folder_atomically
from bakeoff.store._openings import Opening, OpeningCount
from bakeoff.store._store import FitRecord, RunRecord, Store

__all__ = [
    "FitRecord",
    "Opening",
    "OpeningCount",
    "RunRecord",
    "Store",
    "write_atomically",
    "write_folder_atomically",
]
