"""What all peers run on: one Postgres with the proxy before it, one Redis, one provider; and a peer's servers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.compare.environments import ROOT, Peer
from benchmarks.compare.peers.schema import SCHEMA
from benchmarks.compare.proxy import Proxy
from idem_runtime.testing import postgres_server

LEASE = 3
"""Seconds: where a peer has such a setting, its users have 30 to 3600, and the script would wait for as long."""
START = 60.0  # seconds, for a machine that has much else to do


class Provider:
    """A payment provider that takes no key: it pays whatever it is asked, and answers too late."""

    DELAY = 1.5  # seconds; the bank waits for half a second

    def __init__(self) -> None:
        self.paid: Counter[str] = Counter()
        paid = self.paid

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                paid[body["reference"]] += 1
                time.sleep(Provider.DELAY)
                with contextlib.suppress(OSError):  # whoever asked has gone
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


@dataclass
class Machine:
    """The servers that are shared by all peers."""

    postgres: postgres_server.Server
    proxy: Proxy
    redis: int
    provider: Provider


@contextmanager
def machine(peers: Sequence[Peer]) -> Generator[Machine]:
    """Started, and stopped at the end; a Redis only for those who keep their records there."""
    server = postgres_server.start()
    try:
        with redis() if any(peer.store == "Redis" for peer in peers) else nullcontext(0) as port:
            yield Machine(server, Proxy(server.port), port, Provider())
    finally:
        postgres_server.stop(server)


@contextmanager
def redis() -> Generator[int]:
    """The port of a Redis, from PATH or as ``make servers`` unpacked it."""
    unpacked = ROOT / ".venv" / "redis-server" / "redis-server"
    program = shutil.which("redis-server") or str(unpacked)
    port = postgres_server.free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield port
        finally:
            process.kill()
            process.wait()


class Bank:
    """One server process of a peer, which can be killed and started again."""

    def __init__(self, peer: Peer, environment: dict[str, str]) -> None:
        self._peer, self._environment = peer, environment
        self.port = postgres_server.free_port()
        self._log = Path(tempfile.gettempdir()) / f"idem-compare-{peer.name}.log"
        self.start()

    def start(self, **changes: str) -> None:
        """Start it, with more in its environment."""
        command = [
            str(self._peer.python()),
            "-m",
            "benchmarks.compare.peers.serve",
            self._peer.name,
            str(self.port),
        ]
        environment = {**os.environ, **self._environment, "BANK_PORT": str(self.port), **changes}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + START
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{self.port}/openapi.json", trust_env=False, timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server of {self._peer.name} did not start: see {self._log}")

    def kill(self) -> None:
        """``kill -9``."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """As a deployment does: what is under way is finished first."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def ask(
        self, route: str, key: str, reference: str, *, tenant: str = "alice", amount: int = 500
    ) -> httpx.Response:
        """One request, without patience."""
        return httpx.post(
            f"http://127.0.0.1:{self.port}/{route}",
            json={"reference": reference, "amount": amount},
            headers={"authorization": tenant, "idempotency-key": key},
            timeout=60,
            trust_env=False,
        )


@contextmanager
def helper(peer: Peer) -> Generator[dict[str, str]]:
    """The server that only this peer needs; yields where it is."""
    if not peer.helper:
        yield {}
        return
    port = postgres_server.free_port()
    command = [peer.python(), "-m", f"benchmarks.compare.peers.{peer.helper}", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + START
        while not listening(port) and time.monotonic() < end:
            time.sleep(0.05)
        yield {f"BANK_{peer.helper.upper()}": f"http://127.0.0.1:{port}"}
    finally:
        process.kill()
        process.wait()


def listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextmanager
def database(machine: Machine, peer: Peer) -> Generator[dict[str, str]]:
    """A database of the peer's own, set up; yields the environment of its servers."""
    with psycopg.connect(machine.postgres.dsn(), autocommit=True) as db:
        db.execute("CREATE DATABASE bank")
    dsn = machine.postgres.dsn("bank")
    with psycopg.connect(dsn) as db:
        db.execute(SCHEMA)
    if peer.set_up:
        subprocess.run([peer.python(), *peer.set_up, dsn], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        with helper(peer) as more:
            yield {
                **more,
                "BANK_DSN": dsn.replace(f":{machine.postgres.port}/", f":{machine.proxy.port}/"),
                "BANK_REDIS": f"redis://127.0.0.1:{machine.redis}/0",
                "BANK_PROVIDER": machine.provider.url,
                "BANK_LEASE": str(LEASE),
                "PYTHONPATH": str(ROOT),
            }
    finally:
        with psycopg.connect(machine.postgres.dsn(), autocommit=True) as db:
            for name in ("bank", "dbos_system"):
                db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
