"""How the user wants a file, folder or named set to be read."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DataOptions"]


@dataclass(frozen=True, slots=True)
class DataOptions:
    """How to read; everything left out is found by itself, and what was found is said in `Dataset.decisions`.

    Parameters
    ----------
    label : str or None
        Name of the label column. None: a column called ``label``, ``class``, ``target``, ``y`` or alike, else
        the first.
    group : str or None
        Name of the column that says which rows come from one source (subject, writer, session).
    image_shape : (height, width) or (height, width, channels) or None
        Declares that every row is an image of this shape. None: measured.
    rows : bool
        Read as plain numeric rows, whatever they look like.
    class_names : sequence of str or None
        Names to show for the classes: in the order of the labels, or one for each whole number from 0 on.
    test : str or None
        File or folder with the test rows. None: as the data themselves say.

    Examples
    --------
    >>> DataOptions(label="species", rows=True).label
    'species'
    """

    label: str | None = None
    group: str | None = None
    image_shape: tuple[int, int] | tuple[int, int, int] | None = None
    rows: bool = False
    class_names: Sequence[str] | None = None
    test: str | None = None
