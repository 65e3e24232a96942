"""Every error that Bakeoff raises on purpose.

::

    BakeoffError
    ├── InputError            what came in cannot be used           exit status 2
    │   ├── DataError         files, archives, images, labels
    │   ├── RecipeError       recipes: unknown keys, wrong values
    │   ├── SettingsError     a contestant's or an estimator's settings
    │   ├── InteropError      a model of another library has what the engine does not
    │   └── DownloadError     no mirror gave the file that was asked for
    ├── MissingExtraError     an optional package is not installed  exit status 2
    ├── FitError              one fit went wrong                    exit status 1
    │   └── FitTimedOut       it ran past its time limit
    ├── AuditRefused          a gate (``--strict``) refused         exit status 3
    ├── StoreError            the workspace cannot be used          exit status 2
    ├── ClusterError          no machine is left to fit on          exit status 2
    └── DeviceError           compiled code gave wrong answers here exit status 2

An `InputError` lists every problem that was found, not only the first; each is one line that names the thing,
the rule, what came, and what to do.
"""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable

__all__ = [
    "DAMAGED_ARRAYS",
    "AuditRefused",
    "BakeoffError",
    "ClusterError",
    "DataError",
    "DeviceError",
    "DownloadError",
    "FitError",
    "FitTimedOut",
    "InputError",
    "InteropError",
    "MissingExtraError",
    "RecipeError",
    "SettingsError",
    "StoreError",
]


DAMAGED_ARRAYS: tuple[type[Exception], ...] = (
    OSError, ValueError, EOFError, LookupError, TypeError, AttributeError, RuntimeError, NotImplementedError,
    SyntaxError, OverflowError, MemoryError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and zipfile raise on an archive of arrays that is cut, overwritten, encrypted, compressed in an unknown
way, or none at all. Some of our own errors are ValueErrors too."""


class BakeoffError(Exception):
    """Base of all errors that Bakeoff raises on purpose."""

    exit_status = 2


class InputError(BakeoffError, ValueError):
    """What came in cannot be used.

    Parameters
    ----------
    problems : str or iterable of str
        One line a problem. All of them are kept in `problems` and shown, in order.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[str, ...]]]:
        # Errors cross from the training process to this one as pickles of themselves.
        return type(self), (self.problems,)


class DataError(InputError):
    """A file, archive, image or label cannot be used."""


class RecipeError(InputError):
    """A recipe has an unknown key, a wrong value or a schema of a later release."""


class SettingsError(InputError):
    """A contestant's or an estimator's settings are unknown or out of range."""


class InteropError(InputError):
    """A model of another library, or its training, has something that the engine does not."""


class DownloadError(InputError):
    """No mirror gave the file that was asked for."""


class MissingExtraError(BakeoffError, ImportError):
    """An optional package is needed and not installed.

    Parameters
    ----------
    purpose : str
        What was asked for, as the user would say it.
    extra : str
        The name of the extra of Bakeoff that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        self.purpose, self.extra = purpose, extra
        super().__init__(f"{purpose} needs an optional package: pip install 'bakeoff[{extra}]'")

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str]]:
        return type(self), (self.purpose, self.extra)


class FitError(BakeoffError):
    """One fit went wrong; the message is the reason shown in every table."""

    exit_status = 1


class FitTimedOut(FitError):
    """A fit ran past its time limit and was ended."""


class ClusterError(BakeoffError):
    """The machines that fits ran on are gone, and no other comes; finished fits are kept."""


class AuditRefused(BakeoffError):
    """A gate that was asked for (``--strict``) refused the result."""

    exit_status = 3


class StoreError(BakeoffError):
    """The workspace cannot be used: no permission, no space, or of a later release."""


class DeviceError(BakeoffError):
    """Compiled code gave wrong answers on this machine, so nothing is trained on it."""
