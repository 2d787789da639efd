"""Instructions of the client's process per call, which a busy machine does not change: ``python -m benchmarks.runtime.instructions``.

valgrind counts them, of the process's own code (not of the kernel's). Each way runs twice, with few calls and with more, so
that what starting costs is no part of the difference. Beside the calls bare and protected stand the least that protecting
costs (``benchmarks.runtime.floor``, ``benchmarks.runtime.web_floor``).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from benchmarks.runtime import environment
from benchmarks.runtime.server import prepared_server
from benchmarks.runtime.worker import SUBJECTS

WARM_UP, FEW = 60, 10
FLOOR, WEB_FLOOR = "benchmarks.runtime.floor", "benchmarks.runtime.web_floor"
ROWS = {
    "Function": [
        ("bare", "plain", "bare"),
        ("our statements, least Python", f"{FLOOR}:least", "first"),
        ("ours, first execution", "ours", "first"),
        ("ours, replay", "ours", "replay"),
    ],
    "FastAPI, async handler": [
        ("bare", "web-plain", "async transfer"),
        ("our statements, least Python, in the handler", f"{WEB_FLOOR}:least", "async first"),
        ("ours, first execution", "web-ours", "async first"),
        ("the least replay, in the handler", f"{WEB_FLOOR}:least", "async replay"),
        ("ours, replay", "web-ours", "async replay"),
    ],
    "FastAPI, unmarked route": [
        ("without the runtime", "web-plain", "async unmarked"),
        ("middleware that does nothing", f"{WEB_FLOOR}:middleware", "hands on"),
        ("middleware that keeps the request", f"{WEB_FLOOR}:middleware", "keeps"),
        ("runtime installed", "web-ours", "async unmarked"),
    ],
}


def run(subject: str, way: str, calls: int, dsn: str) -> None:
    """What valgrind counts: some calls to warm up, and ``calls`` of them."""
    module, _, name = SUBJECTS.get(subject, subject).partition(":")
    with getattr(import_module(module), name)(dsn) as ways, ThreadPoolExecutor(1) as beside:
        for count in (WARM_UP, calls):
            if subject.startswith("web") or "web_floor" in subject:  # its loop is the main thread's
                ways[way](count)
            else:
                beside.submit(ways[way], count).result()


def counted(subject: str, way: str, calls: int, dsn: str) -> int:
    """Instructions of a whole process that makes ``calls``."""
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    asked = ["--count", subject, way, str(calls), dsn]
    done = subprocess.run(
        [*counting, sys.executable, "-m", "benchmarks.runtime.instructions", *asked],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    assert found is not None, done.stderr
    return int(found[1].replace(",", ""))


def main() -> int:
    """Count and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runtime.instructions", description="Instructions per call."
    )
    parser.add_argument("--calls", type=int, default=300, help="calls of each way (default: 300)")
    parser.add_argument("--count", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        subject, way, calls, dsn = options.count
        run(subject, way, int(calls), dsn)
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed, and nothing else counts instructions everywhere")
        return 2
    environment.enter("benchmarks.runtime.instructions")
    with prepared_server() as server:
        dsn = server.dsn("postgres")
        for table, rows in ROWS.items():
            print(f"\n{table:46}{'instructions':>14}")
            bare = 0
            for name, subject, way in rows:
                few, more = (counted(subject, way, FEW + calls, dsn) for calls in (0, options.calls))
                per_call = (more - few) // options.calls
                bare = bare or per_call
                print(f"  {name:44}{per_call:>14,}{per_call / bare:>8.3f}x", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
