"""Tables in Parquet files."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from bakeoff.data._csv import ChooseRoles
from bakeoff.data._files import clear_errors, require_memory, source_of
from bakeoff.data._frame import UNREADABLE, part_of_frame
from bakeoff.data._part import Part
from bakeoff.errors import DataError

__all__ = ["read_parquet"]

_WIDTHS = {
    pl.Boolean: 1, pl.Int8: 1, pl.UInt8: 1, pl.Int16: 2, pl.UInt16: 2, pl.Int32: 4, pl.UInt32: 4, pl.Float32: 4,
    pl.Int64: 8, pl.UInt64: 8, pl.Float64: 8,
}  # fmt: skip


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
            schema = table.collect_schema()
            names = schema.names()
            height = int(table.select(pl.len()).collect().item())
            require_memory(path.name, height * sum(_bytes_of(dtype) for dtype in schema.dtypes()))
            frame = table.collect()
    except UNREADABLE as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path.name}: not a sound Parquet file ({reason}). Write it again.") from error
    if not height:
        raise DataError(f"{path.name}: the table has columns and no rows. Give a file with at least two rows a class.")
    part = part_of_frame(path.name, frame, choose_roles(names, True), names, lambda row: f"row {row + 1}")
    return replace(part, sources=(source,))


def _bytes_of(dtype: pl.DataType) -> int:
    """What a value takes in memory at least: a few bytes of a file can stand for any number of equal ones."""
    return _WIDTHS.get(dtype.base_type(), 16)
