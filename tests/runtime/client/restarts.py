"""The program that restart tests kill: it pays a list of invoices, from its beginning, as often as it is started.

``python -m tests.runtime.client.restarts STORE URL CALLER RANDOM``: each run is a fork of this process. Run ``n`` kills itself
at the ``n``-th thing that it does to the disk, the network or the store's database; with ``RANDOM`` it is killed at a moment
of chance. Prints how many were killed when one has come to its end.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from typing import Any

import psycopg

from idem_runtime.client import CallPolicy, FileIntents, IntentStore, KeptKey, PostgresIntents, intent
from tests.runtime.client.callers import CALLERS, Caller

INVOICES = (1, 2)
ON_FILES = {"open", "os.link", "os.mkdir", "os.remove"}
ON_SOCKETS = {"socket.__new__", "socket.connect"}
STEPS = [0, 0]
"""How many were taken, and at which this process dies."""


def step(*_: object) -> None:
    STEPS[0] += 1
    if STEPS[0] == STEPS[1]:
        os.kill(os.getpid(), signal.SIGKILL)


class Stepping:
    """A connection that says when something is done on it."""

    def __init__(self, dsn: str) -> None:
        self.real = psycopg.connect(dsn)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def execute(self, *args: Any) -> Any:
        step()
        return self.real.execute(*args)

    def transaction(self) -> Any:
        step()
        return self.real.transaction()


class Closing:
    """A store whose connection ends with each key."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def keep(self, name: str) -> KeptKey:
        connection = Stepping(self.dsn)
        try:
            return PostgresIntents(connection).keep(name)
        finally:
            step()
            connection.real.close()


def called(caller: str) -> Caller:
    """How it pays. Each is imported only where it is used, because a process that is forked copies all that is there."""
    if caller == "grpc":
        from tests.runtime.client.grpc_caller import with_grpc

        return with_grpc(step)
    return CALLERS[caller]


def run(where: str, url: str, pay: Caller) -> None:
    store: IntentStore = Closing(where) if where.startswith("postgresql:") else FileIntents(where)
    for number in INVOICES:
        pay(url, number, intent=intent(f"invoice-{number}", store=store), patience=10)


def child(where: str, url: str, pay: Caller, dies_at: int) -> None:
    def happens(event: str, args: tuple[Any, ...]) -> None:
        if event in ON_SOCKETS or (event in ON_FILES and str(args[0]).startswith(where)):
            step()

    sys.addaudithook(happens)
    STEPS[:] = [0, dies_at]
    run(where, url, pay)
    os._exit(0)


def main(where: str, url: str, caller: str, chance: bool) -> int:
    killed, pay = 0, called(caller)
    with contextlib.suppress(
        Exception
    ):  # what is imported late is there before the forks; gRPC must not be used before
        CALLERS[caller]("http://127.0.0.1:1", 0, intent=intent(), policy=CallPolicy(attempts=1))
    while True:
        running = os.fork()
        if running == 0:
            child(where, url, pay, 0 if chance else killed + 1)
        if chance and killed < 25:
            time.sleep(random.uniform(0, 0.04))
            os.kill(running, signal.SIGKILL)
        _, status = os.waitpid(running, 0)
        if os.WIFEXITED(status) and status != 0:
            sys.exit("a run has failed")
        killed += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status) and (not chance or killed >= 25):
            return killed


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "random"))
