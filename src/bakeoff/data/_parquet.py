"""Tables in Parquet files."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from bakeoff.data._csv import ChooseRoles
from bakeoff.data._files import clear_errors, require_memory, source_of
from bakeoff.data._frame import part_of_frame
from bakeoff.data._part import Part
from bakeoff.errors import DataError

__all__ = ["read_parquet"]


def read_parquet(path: Path, choose_roles: ChooseRoles) -> Part:
    """Read a Parquet table; rows are counted from 1.

    Raises
    ------
    DataError
        If the file is no sound Parquet file, or holds no rows. Wrong cells are listed in the part's `problems`.
    """
    source = source_of(path)
    try:
        with clear_errors(path):
            table = pl.scan_parquet(path)
            names = table.collect_schema().names()
            height = int(table.select(pl.len()).collect().item())
            require_memory(path.name, height * len(names))
            frame = table.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path.name}: not a sound Parquet file ({reason}). Write it again.") from error
    if not height:
        raise DataError(f"{path.name}: the table has columns and no rows. Give a file with at least two rows a class.")
    part = part_of_frame(path.name, frame, choose_roles(names, True), names, lambda row: f"row {row + 1}")
    return replace(part, sources=(source,))
