"""`bakeoff serve` under many clients: how long a prediction takes, and how much memory.

The server runs in a process of its own on one core, the clients on the others: each keeps a connection and asks for
the next validation row as soon as it has the answer. At the end many more clients come at once, to see that they are
refused with 503 and that the others are still answered.

Ends with status 1 where 99 of 100 answers take longer than 50 ms, or memory grows by more than a tenth.

Usage: python benchmarks/serve.py RUN [--workspace FOLDER] [--clients 32] [--seconds 20]
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LIMIT = 0.05  # seconds
GROWTH = 1.1


def resident_megabytes(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1000 if found else 0.0


async def client(port: int, n_rows: int, until: float, seconds: list[float], answers: Counter[str], first: int) -> None:
    """Ask for one row after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = first
    while time.perf_counter() < until:
        begun = time.perf_counter()
        number = (number + 1) % n_rows
        writer.write(f"GET /api/rows/{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            answers["closed"] += 1
            return
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length.group(1)) if length else 0)
        status = head.split(b" ", 2)[1].decode()
        answers[status] += 1
        if status == "200":
            seconds.append(time.perf_counter() - begun)
    writer.close()


async def crowd(port: int, n_rows: int, n_clients: int, seconds: float) -> tuple[list[float], Counter[str]]:
    times: list[float] = []
    answers: Counter[str] = Counter()
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(n_clients):
            group.create_task(client(port, n_rows, until, times, answers, 37 * number))
    return times, answers


def told(times: Sequence[float]) -> str:
    middle, late, last = np.percentile(times, [50, 99, 100]) * 1000
    return f"median {middle:.1f} ms, 99 of 100 within {late:.1f} ms, the last {last:.0f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(prog="serve")
    parser.add_argument("run", nargs="?", default="latest")
    parser.add_argument("--workspace", default=".")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(cores[0]), sys.executable, "-m", "bakeoff", "serve", options.run, "--port", "0"]
    server = subprocess.Popen([*command, "--workspace", options.workspace], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline()
        port = int(re.findall(r":(\d+)", address)[0])
        os.sched_setaffinity(0, cores[1:] or cores)
        n_rows = 300
        asyncio.run(crowd(port, n_rows, options.clients, 3.0))  # programs of every size are compiled
        before = resident_megabytes(server.pid)
        times, answers = asyncio.run(crowd(port, n_rows, options.clients, options.seconds))
        after = resident_megabytes(server.pid)
        late = float(np.percentile(times, 99))
        rate = len(times) / options.seconds
        print(f"{options.clients} clients, one core: {rate:,.0f} predictions a second; {told(times)}")
        print(f"memory: {before:,.0f} MB before, {after:,.0f} MB after {sum(answers.values()):,} answers")
        times, answers = asyncio.run(crowd(port, n_rows, 200, 5.0))
        counted = ", ".join(f"{count:,} with {status}" for status, count in sorted(answers.items()))
        print(f"200 clients: {counted}; {told(times)}; {resident_megabytes(server.pid):,.0f} MB")
    finally:
        server.terminate()
        server.wait(10)
    return int(late > LIMIT or after > GROWTH * before)


if __name__ == "__main__":
    sys.exit(main())
