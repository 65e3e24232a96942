"""How long reading a table of images takes, against pandas, in one run on one machine.

Prints seconds (the best of several, taken in turns) and the ratio; ends with status 1 where the ratio is above a third.

Usage: python benchmarks/read_csv.py [FILE.csv[.gz] [REPEATS]]; without a file a table of smooth 28x28 images is made.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
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


def made_table(folder: Path, n_rows: int = 20_000) -> Path:
    """A table as large as those of courses: a label and 784 pixels a row, neighbours alike."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (n_rows, 7, 7)).repeat(4, axis=1).repeat(4, axis=2).reshape(n_rows, 784)
    frame = pd.DataFrame(coarse, columns=[f"pixel{number}" for number in range(1, 785)])
    frame.insert(0, "label", random.integers(0, 24, n_rows))
    frame.to_csv(folder / "made.csv", index=False)
    return folder / "made.csv"


def main() -> int:
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else made_table(Path(folder))
        plain = unzipped(path, Path(folder))
        if plain != path:
            compare(path, repeats)
            plain = plain.rename(plain.with_name(path.name.removesuffix(".gz")))
        return int(compare(plain, repeats) > HIGHEST_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
