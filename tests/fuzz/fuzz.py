"""The long form: every reader under Atheris, which looks for inputs that reach new code.

Each has a process of its own, as many at once as there are cores. Ends with status 1 where anything but our own errors
came, where an input took 5 seconds, or where memory grew by more than twice the bound that is set for readers; the
input is left in the current folder.

Usage: python tests/fuzz/fuzz.py [TARGET ...] [--runs 1000000] [--write PAGE.md]
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

import atheris

with atheris.instrument_imports(include=["bakeoff"]):
    from fuzz_targets import BOUND_BYTES, FOLDER, TARGETS, outcome

SECONDS = 5
MARKS = ("<!-- fuzzed -->", "<!-- /fuzzed -->")


def fuzz(name: str, runs: int) -> None:
    """Fuzz one reader; the process ends here."""
    warnings.simplefilter("ignore")
    target = TARGETS[name]
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
        outcome(target, seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    begun = time.perf_counter()
    counts = {"all": 0, "read": 0}
    slowest = 0.0

    def one(content: bytes) -> None:
        nonlocal slowest
        started = time.perf_counter()
        counts["read"] += outcome(target, content) == "read"
        counts["all"] += 1
        now = time.perf_counter()
        slowest = max(slowest, now - started)
        if counts["all"] % max(1, runs // 20) == 0:
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
            print(f"| {name} | {counts['all']:,} | {counts['read'] / counts['all']:.0%} | {slowest:.2f} s | {grown} MB "
                  f"| {now - begun:,.0f} s |", flush=True)  # fmt: skip

    limits = [
        f"-runs={runs}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={before + 2 * (BOUND_BYTES >> 20)}",
        "-max_len=20000",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *limits, "-verbosity=0", f"-artifact_prefix={name}-"], one)
    atheris.Fuzz()


def fuzzed(name: str, runs: int) -> tuple[str, bool]:
    """A line of the table, and whether all was well."""
    command = [sys.executable, __file__, "--one", name, "--runs", str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    lines = [line for line in done.stdout.splitlines() if re.match(rf"\| {name} \|", line)]
    line = lines[-1] if lines else f"| {name} | none | | | | |"
    print(line if done.returncode == 0 else f"{line} FAILED\n{done.stdout[-1500:]}{done.stderr[-3000:]}", flush=True)
    return line, done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the table between the page's marks")
    parser.add_argument("--one", choices=TARGETS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        fuzz(options.one, options.runs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda name: fuzzed(name, options.runs), options.targets or TARGETS))
    table = ["| reader | inputs | read | the slowest | memory grew by | took |", "|---|---:|---:|---:|---:|---:|"]
    table += [line for line, _ in found]
    if options.write:
        before, rest = options.write.read_text().split(MARKS[0])
        text = "\n".join(table)
        options.write.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    return int(not all(is_well for _, is_well in found))


if __name__ == "__main__":
    sys.exit(main())
