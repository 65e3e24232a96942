"""Large data: time and memory of `bakeoff audit` and `bakeoff run` on made images of 28 x 28, up to a million.

Images are smooth fields, ten classes, moved, brightened and with noise; one in fifty is a near-copy of the one before.
They lie on disk as IDX files, which are mapped. Memory is that of the command and its child together: what is theirs
alone (RssAnon), without pages of files, which the system may take back at any time. Sampled ten times a second.

Ends with status 1 where memory is above 1 GB and 2,500 bytes a row, or where four times the rows took more than six
times as long.

Usage: python benchmarks/large.py [--rows 62500 250000 1000000] [--contestants dense,lda] [--write docs/reliability.md]
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

MARKS = ("<!-- large -->", "<!-- /large -->")
SIDE, N_CLASSES, BLOCK = 28, 10, 20_000
MOST_BYTES, MOST_BYTES_A_ROW, MOST_GROWTH = 1e9, 2500, 6.0


def smooth(generator: np.random.Generator, n: int) -> np.ndarray:
    """(n, 28, 28) smooth fields from 0 to 1."""
    coarse = generator.normal(size=(n, 7, 7))
    rows = np.linspace(0, 6, SIDE)
    low = np.minimum(rows.astype(int), 5)
    share = rows - low
    down = coarse[:, low] * (1 - share)[None, :, None] + coarse[:, low + 1] * share[None, :, None]
    fields = down[:, :, low] * (1 - share) + down[:, :, low + 1] * share
    fields -= fields.min(axis=(1, 2), keepdims=True)
    return fields / fields.max(axis=(1, 2), keepdims=True)


def write_images(folder: Path, n_rows: int, seed: int = 0) -> Path:
    """The images file; its labels lie beside it."""
    generator = np.random.default_rng(seed)
    centres = smooth(generator, N_CLASSES)
    images, labels = folder / "made-images-idx3-ubyte", folder / "made-labels-idx1-ubyte"
    with images.open("wb") as pixels_file, labels.open("wb") as labels_file:
        pixels_file.write(bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (n_rows, SIDE, SIDE)))
        labels_file.write(bytes([0, 0, 8, 1]) + n_rows.to_bytes(4, "big"))
        for start in range(0, n_rows, BLOCK):
            n = min(BLOCK, n_rows - start)
            y = generator.integers(0, N_CLASSES, n)
            own = 0.55 * centres[y] + 0.45 * smooth(generator, n)
            copies = np.flatnonzero(generator.random(n - 1) < 0.02) + 1
            own[copies], y[copies] = own[copies - 1], y[copies - 1]
            light = generator.uniform(150, 250, (n, 1, 1))
            pixels = own * light + generator.normal(0, 2, own.shape)
            pixels_file.write(np.clip(pixels, 0, 255).astype(np.uint8).tobytes())
            labels_file.write(y.astype(np.uint8).tobytes())
    return images


class Watched:
    """The memory of a process and of all that come from it, sampled until it ends."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self.most_bytes = process, 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while self._process.poll() is None:
            self.most_bytes = max(self.most_bytes, sum(map(own_bytes, family(self._process.pid))))
            time.sleep(0.1)

    def wait(self) -> int:
        status = self._process.wait()
        self._thread.join()
        return status


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def own_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s+(\d+) kB", text)
    return 1024 * int(found.group(1)) if found else 0


def measured(arguments: Sequence[str], workspace: Path) -> tuple[float, int, str]:
    """Seconds, bytes and what was printed."""
    with (workspace / "printed.txt").open("wb") as printed:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bakeoff", *arguments],
            cwd=workspace,
            stdout=printed,
            stderr=printed,
            env={**os.environ, "BAKEOFF_CACHE": str(workspace / "cache")},
        )
        watched = Watched(process)
        status = watched.wait()
    text = (workspace / "printed.txt").read_text(errors="replace")
    if status:
        raise SystemExit(f"{arguments}: status {status}\n{text[-3000:]}")
    return time.perf_counter() - begun, watched.most_bytes, text


def main() -> int:
    parser = argparse.ArgumentParser(prog="large")
    parser.add_argument("--rows", type=int, nargs="+", default=[62_500, 250_000, 1_000_000])
    parser.add_argument("--contestants", default="dense,lda,bayes")
    parser.add_argument("--seeds", default="2")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the table between the page's marks")
    options = parser.parse_args()
    table = ["| rows | on disk | audit | its memory | run | its memory |", "|---:|---:|---:|---:|---:|---:|"]
    found = []
    for n_rows in options.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            images = write_images(folder, n_rows)
            audit = measured(["audit", str(images)], folder)
            run = measured(
                ["run", str(images), "--contestants", options.contestants, "--seeds", options.seeds, "-q"], folder
            )
            on_disk = images.stat().st_size
        found.append((n_rows, audit, run))
        cells = [f"{seconds:,.0f} s | {n_bytes / 1e6:,.0f} MB" for seconds, n_bytes, _ in (audit, run)]
        table.append(f"| {n_rows:,} | {on_disk / 1e6:,.0f} MB | {' | '.join(cells)} |")
        print(table[-1], flush=True)
    if options.write:
        before, rest = options.write.read_text().split(MARKS[0])
        text = "\n".join(table)
        options.write.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    is_missed = any(n_bytes > MOST_BYTES + MOST_BYTES_A_ROW * n for n, *both in found for _, n_bytes, _ in both)
    for (n, *fewer), (more_rows, *more) in itertools.pairwise(found):
        for before_, after in zip(fewer, more, strict=True):
            is_missed |= after[0] / before_[0] > MOST_GROWTH / 4 * more_rows / n
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
