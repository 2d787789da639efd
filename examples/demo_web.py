"""``make demo-web``: a page to click. One transfer with the mark and without, and switches that break what is around it.

It serves on this machine alone, says where, and ends with Ctrl-C, leaving nothing behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import uvicorn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

import demo_postgres as postgres  # noqa: E402 - the folders above are where it is found
from web_demo.page import HERE, Page  # noqa: E402
from web_demo.side import Side  # noqa: E402

USUAL_PORT = 8484


def main() -> int:
    """Set up, serve until somebody ends it, and clean up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    port = arguments().port
    try:
        with ExitStack() as stack, listening(port) as listener:
            print("starting Postgres and two banks …", flush=True)
            sides = stack.enter_context(prepared())
            asyncio.run(serve(sides, listener))
    except PortTaken as taken:
        print(taken, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    print("\nStopped: nothing is left behind.")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo-web", description="A page to click.")
    parser.add_argument("--port", type=int, default=None, help=f"default: {USUAL_PORT}, or a free one")
    return parser.parse_args()


class PortTaken(Exception):
    """Somebody else listens there."""


@contextmanager
def listening(port: int | None) -> Iterator[socket.socket]:
    """A socket on this machine alone."""
    try:
        listener = socket.create_server(("127.0.0.1", USUAL_PORT if port is None else port))
    except OSError as error:
        if port is not None:
            raise PortTaken(
                f"PORT={port}: {error.strerror}. Choose another one, or leave PORT out."
            ) from None
        listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        yield listener


@contextmanager
def prepared() -> Iterator[tuple[Side, Side]]:
    """A Postgres with a database for each side, and the sides, whose servers are not started yet."""
    server = postgres.start()
    sides: list[Side] = []
    try:
        for name, module in (("Without the mark", "unmarked"), ("With @money_moving", "marked")):
            sides.append(Side(name, module, database(server, module)))
        yield sides[0], sides[1]
    finally:
        for side in sides:
            side.server.kill()
        postgres.stop(server)


def database(server: postgres.Server, name: str) -> str:
    """Its DSN; it has the accounts, the ledger and the table of the records."""
    with psycopg.connect(server.dsn(), autocommit=True) as db:
        db.execute(f'create database "{name}"')
    dsn = server.dsn(name)
    with psycopg.connect(dsn) as db:
        db.execute((HERE / "schema.sql").read_bytes())
    command = [sys.executable, "-m", "idem_runtime", "migrate", "--dsn", dsn]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return dsn


async def serve(sides: tuple[Side, Side], listener: socket.socket) -> None:
    """Until Ctrl-C."""
    finding, *_ = await asyncio.gather(
        asyncio.to_thread(finding_of_the_linter), *(side.open() for side in sides)
    )
    print(f"\n  http://127.0.0.1:{listener.getsockname()[1]}/\n\nCtrl-C ends it.", flush=True)
    application = Page(sides, finding).application()
    await uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off")).serve([listener])


def finding_of_the_linter() -> str:
    """What ``idem-lint`` says of the two services, as a project of their own."""
    with tempfile.TemporaryDirectory(prefix="idem-demo-") as folder:
        shutil.copytree(HERE, Path(folder, HERE.name), ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "idem_lint", "--format", "json", "."]
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    (finding,) = json.loads(told)["findings"]
    return f"{finding['code']} {finding['message'].partition(';')[0]}"


if __name__ == "__main__":
    sys.exit(main())
