"""The frame of whatever leaves a folder below ``runs/``: on record from its first moment, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from bakeoff.contest._events import Event, Listener, Logged, Said
from bakeoff.contest._folder import RunFolder
from bakeoff.contest._seal import SealedRows
from bakeoff.contest._workplace import ContestOptions
from bakeoff.data import Dataset
from bakeoff.errors import StoreError
from bakeoff.store import RunRecord, Store

__all__ = ["Recorded", "recorded"]


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A folder that is being filled.

    Parameters
    ----------
    folder : RunFolder
    rows : SealedRows
    listen : callable
        Passes events on, and writes what was said into the folder's log.
    record : RunRecord
    """

    folder: RunFolder
    rows: SealedRows
    listen: Listener
    record: RunRecord

    @property
    def created(self) -> str:
        """UTC time, ISO 8601."""
        return self.record.created

    def end(self, verdict: str, *, has_failed_fits: bool) -> None:
        """Write down that it is whole, and what came out."""
        status = "failed fits" if has_failed_fits else "done"
        self.rows.store.save_run(replace(self.record, status=status, verdict=verdict))


@contextmanager
def recorded(name: str, recipe_name: str, dataset: Dataset, options: ContestOptions) -> Iterator[Recorded]:
    """Make the folder and its record; an error that ends the block is written down, and raised.

    Parameters
    ----------
    name : str
        Of the folder, the time left out.
    recipe_name : str
    dataset : Dataset
    options : ContestOptions
    """
    with Store(options.workspace) as store:
        folder = RunFolder(options.workspace, name)
        created = folder.created.isoformat(timespec="seconds")
        record = RunRecord(folder.path.name, created, recipe_name, dataset.sha256, "running", "")
        store.save_run(record)

        def say(event: Event) -> None:
            if isinstance(event, Said | Logged):
                folder.log(event.text)
            options.listen(event)

        try:
            yield Recorded(folder, SealedRows(dataset, store, folder.path.name), say, record)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            # The disk may be the reason: what cannot be written down now must not hide it.
            with suppress(OSError, StoreError):
                folder.log(f"{status}: {error}")
                store.save_run(replace(record, status=status))
            raise
