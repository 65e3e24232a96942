"""A published figure as it was printed: its value, and how many of its digits say something."""

import re
from decimal import Decimal

__all__ = ["read_figure"]

_FIGURE = re.compile(r"\+?(\d+(?:[.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?\s*(%|percent|per cent)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
_MOST_DIGITS = 12


def read_figure(printed: object, is_share: bool = True) -> tuple[float, int]:
    """The value of a printed figure, and its digits after the point.

    Parameters
    ----------
    printed : float, int or str
        Text may be a percentage and may have a decimal comma. Only text keeps a last zero: ``"0.8230"``.
    is_share : bool, default=True
        Whether it must lie in 0 to 1. A bare number from 2 to 100 is then a percentage.

    Returns
    -------
    published : float
    digits : int

    Raises
    ------
    ValueError
        If it is no such figure.

    Examples
    --------
    >>> read_figure("82.35 %"), read_figure(0.82), read_figure("0,8230"), read_figure(97)
    ((0.8235, 4), (0.82, 2), (0.823, 4), (0.97, 2))
    """
    found = None if isinstance(printed, bool) else _FIGURE.fullmatch(str(printed).strip())
    if found is None:
        raise ValueError(f"must be a figure such as 0.8235 or '82.35 %'. Got {str(printed)[:40]!r}")
    if not found[3] and _THOUSANDS.fullmatch(found[1]):
        clear = found[1].replace(",", ".") + (" %" if is_share else "")
        raise ValueError(f"must be clear: is its comma one of thousands? Write {clear}. Got {found[1]!r}")
    number = Decimal(found[1].replace(",", ".") + (found[2] or ""))
    if is_share and not found[3] and 1 < number < 2:
        raise ValueError(f"must be at most 1; if it is a percentage, write {number} %. Got {str(printed)[:40]!r}")
    if found[3] or (is_share and 2 <= number <= 100):
        number = number.scaleb(-2)
    if is_share and number > 1:
        raise ValueError(f"must be at most 1, or at most 100 %. Got {str(printed)[:40]!r}")
    exponent = number.as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    # "1.0" is how programs print a score that is exactly 1; read as one digit it would stand for 0.95 and more.
    if is_share and number in (0, 1):
        digits = max(digits, 2)
    return float(number), min(digits, _MOST_DIGITS)
