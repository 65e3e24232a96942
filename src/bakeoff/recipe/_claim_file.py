"""Many published figures in a CSV file."""

import csv
import difflib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from bakeoff.errors import RecipeError
from bakeoff.recipe._claim_text import claim_from
from bakeoff.recipe._recipe import Claim

__all__ = ["load_claims"]

_COLUMNS = ("contestant", "metric", "published", "on", "source")
_NEEDED = _COLUMNS[:3]
_LARGEST_FILE = 1 << 20
_MOST_CLAIMS = 1000


def load_claims(path: Path, contestants: Mapping[str, str]) -> tuple[Claim, ...]:
    """Read a CSV file of claims.

    Parameters
    ----------
    path : Path
        Columns ``contestant``, ``metric``, ``published``, and maybe ``on`` and ``source``; a comma or a semicolon
        between them.
    contestants : mapping of name to family

    Returns
    -------
    tuple of Claim

    Raises
    ------
    RecipeError
        With a line for every row that is not understood. Rows are counted as a spreadsheet counts them: the head is 1.
    """
    text = _text(path)
    first = text.split("\n", 1)[0]
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","))
    except csv.Error as error:
        raise RecipeError(f"{path.name}: is not CSV: {error}") from None
    head = [title.strip().lower() for title in lines[0]] if lines else []
    rows = [(number, line) for number, line in enumerate(lines[1:], 2) if any(cell.strip() for cell in line)]
    problems = [*_head_problems(head)]
    if not problems and not 1 <= len(rows) <= _MOST_CLAIMS:
        problems = [f"must have 1 to {_MOST_CLAIMS:,} rows below its head. Got {len(rows):,}"]
    claims = []
    for number, line in [] if problems else rows:
        try:
            claims.append(_claim(head, line, contestants))
        except RecipeError as error:
            problems += [f"row {number}: {'; '.join(error.problems)}"]
    if problems:
        raise RecipeError(f"{path.name}: {problem}" for problem in problems)
    return tuple(claims)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise RecipeError(f"{path.name}: a file of claims has at most {_LARGEST_FILE:,} bytes, this one has more")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RecipeError(f"{path.name}: claims are UTF-8 text, this is not. Save it as CSV UTF-8") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None


def _head_problems(head: list[str]) -> Iterator[str]:
    for title in head:
        if title not in _COLUMNS:
            near = difflib.get_close_matches(title, _COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known columns are {', '.join(_COLUMNS)}"
            yield f"column {title[:60]!r} is unknown; {hint}"
        elif head.count(title) > 1:
            yield f"column {title!r} comes twice"
    missing = [title for title in _NEEDED if title not in head]
    if missing:
        yield f"the first row must name the columns contestant, metric and published; {', '.join(missing)} is missing"


def _claim(head: list[str], line: list[str], contestants: Mapping[str, str]) -> Claim:
    if len(line) > len(head):
        raise RecipeError(f"has {len(line)} cells below {len(head)} columns; put text with commas in quotes")
    cells = dict(zip(head, (cell.strip() for cell in line), strict=False))
    missing = [title for title in _NEEDED if not cells.get(title)]
    if missing:
        raise RecipeError(f"{', '.join(missing)}: is empty")
    more = {key: cells[key] for key in ("on", "source") if cells.get(key)}
    return claim_from(cells["contestant"], cells["metric"], cells["published"], contestants, **more)
