"""The gate of ``--strict``."""

from collections.abc import Iterable

from bakeoff.errors import AuditRefused

__all__ = ["refuse"]


def refuse(errors: Iterable[str]) -> None:
    """Raise `AuditRefused` with the findings that are errors, if there are any."""
    listed = "; ".join(errors)
    if listed:
        raise AuditRefused(f"--strict refuses: {listed}")
