"""How long reading a table of images takes, against pandas, in one run on one machine.

Prints seconds (the best of several, taken in turns) and the ratio; ends with status 1 where the ratio is above a third.

Usage: python benchmarks/read_csv.py FILE.csv[.gz] [REPEATS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bakeoff.data import load
from bakeoff.data._files import unzipped

HIGHEST_RATIO = 1 / 3


def seconds(read: Callable[[], object]) -> float:
    start = time.perf_counter()
    read()
    return time.perf_counter() - start


def compare(path: Path, repeats: int) -> float:
    """Time both readers in turns, so that a busy moment of the machine meets both; return ours over pandas'."""
    ours, theirs = [], []
    for _ in range(repeats):
        theirs.append(seconds(lambda: pd.read_csv(path)))
        ours.append(seconds(lambda: load(path)))
    ratio = min(ours) / min(theirs)
    megabytes = path.stat().st_size / 1e6
    print(
        f"{path.name} ({megabytes:.0f} MB): bakeoff.data.load {min(ours):.3f} s, pandas.read_csv {min(theirs):.3f} s, "
        f"ratio {ratio:.2f} (at most {HIGHEST_RATIO:.2f} is asked for)"
    )
    return ratio


def main() -> int:
    path = Path(sys.argv[1])
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        plain = unzipped(path, Path(folder))
        if plain != path:
            compare(path, repeats)
            plain = plain.rename(plain.with_name(path.name.removesuffix(".gz")))
        return int(compare(plain, repeats) > HIGHEST_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
