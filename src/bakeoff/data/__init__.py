"""Bytes to `Dataset`: readers, the catalog of named sets, groups and splits."""

from bakeoff.data._dataset import Dataset, Source

__all__ = ["Dataset", "Source"]
