"""The application servers, each as processes of its own whose workers are killed, and a payment provider."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.runtime.postgres import free_port

ROOT = Path(__file__).parents[3]
PATIENCE = 180.0
"""Seconds after which something that should have happened did not."""
ASGI, WSGI = "tests.runtime.soak.bank_fastapi:app", "tests.runtime.soak.bank_flask:app"
SERVERS: dict[str, list[str]] = {
    "uvicorn": ["uvicorn", ASGI, "--workers", "2", "--port", "{port}"],
    "gunicorn, uvicorn workers": [
        *("gunicorn", "-k", "uvicorn_worker.UvicornWorker", "-w", "2", "-b", "127.0.0.1:{port}", ASGI)
    ],
    "gunicorn, sync": ["gunicorn", "-k", "sync", "-w", "4", "-b", "127.0.0.1:{port}", WSGI],
    "gunicorn, gthread": [
        *("gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "-b", "127.0.0.1:{port}", WSGI)
    ],
    "hypercorn": ["hypercorn", "-w", "2", "-b", "127.0.0.1:{port}", ASGI],
    "granian": [
        *(
            "granian",
            "--interface",
            "asgi",
            "--workers",
            "2",
            "--respawn-failed-workers",
            "--port",
            "{port}",
            ASGI,
        )
    ],
}


class Application:
    """A server that is started again where it has ended."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        """``log``: where it writes what it has to say."""
        self.port = free_port()
        self._command = [sys.executable, "-m", *(word.format(port=self.port) for word in SERVERS[name])]
        self._environment = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
        self._log = log
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def ready(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.keep_up()
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/ready", None)[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"no answer from {self._command}: {self._log.read_text()[-3000:]}")

    def ask(self, method: str, path: str, body: object, key: str = "") -> tuple[int, bytes]:
        """One request: status and body. :raises OSError: no answer. :raises http.client.HTTPException: half of one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        with contextlib.closing(connection):
            headers = {"content-type": "application/json", "idempotency-key": key}
            connection.request(method, path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def keep_up(self) -> None:
        """Start it again, if it has ended with one of its workers."""
        if self._process.poll() is not None:
            self._end_group()
            self._process = self._start()

    def kill_a_worker(self) -> None:
        """With ``kill -9``."""
        listed = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True)
        workers = [int(pid) for pid in listed.stdout.split()]
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(workers), signal.SIGKILL)

    def stop(self) -> None:
        """End all its processes."""
        self._end_group()

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Provider:
    """Executes whatever it is called for, and counts."""

    def __init__(self) -> None:
        """Listens on a port of its own."""
        self.calls: Counter[str] = Counter()
        calls, lock = self.calls, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                order = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    calls[order["intent"]] += 1
                time.sleep(random.choice((0, 0.01, 0.05)))
                body = json.dumps({"reference": order["intent"]}).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider for the length of a block."""
    running = Provider()
    try:
        yield running
    finally:
        running.stop()
