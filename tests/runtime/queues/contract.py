"""What every queue has to show with real workers on a real broker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.runtime.proxy import Cut, Proxy

PATIENCE = 120.0
"""Seconds after which something that should have happened did not."""


class Queue(ABC):
    """One framework on its broker, with worker processes that are started and killed."""

    broker = "redis_broker"
    """The fixture that is its broker."""

    command: list[str]
    """The program that is a worker, after ``python -m``."""

    def __init__(self, dsn: str, folder: Path, server: Any) -> None:
        self.dsn = dsn
        self.folder = folder
        self.server = server
        self.log = folder / "worker.log"
        self.log.touch()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.database_is_away = threading.Event()
        self.proxy = Proxy(psycopg.conninfo.conninfo_to_dict(dsn)["port"], hook=self._cut)

    def _cut(self, *_: object) -> None:
        if self.database_is_away.is_set():
            raise Cut

    def environment(self) -> dict[str, str]:
        return {}

    @abstractmethod
    def put(self, task: str, order: str, amount: int) -> None:
        """Enqueue a message for ``pay`` or ``send``."""

    @abstractmethod
    def put_again(self, order: str) -> None:
        """Deliver the message of ``order``, which a worker has, to another one now: its time to acknowledge has passed."""

    @abstractmethod
    def leave_behind(self) -> None:
        """A worker was killed, and by now its broker would give what it had to another one."""

    def kill_broker(self) -> None:
        self.server.kill()

    def start_broker(self) -> None:
        self.server.start()

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether no message waits, runs, is delayed or is not acknowledged."""

    @abstractmethod
    def dead_letters(self) -> list[str]:
        """The orders whose messages were given up."""

    def start(self) -> None:
        """Start a worker, in a process group of its own."""
        environment = {
            "QUEUE_DSN": self.dsn,
            "PAYMENTS_DSN": self.proxy.dsn(self.dsn),
            "QUEUE_FOLDER": str(self.folder),
            **self.environment(),
        }
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(worker)

    def has_worker(self) -> None:
        """Start a worker where none runs."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        if not self.workers:
            self.start()

    def kill_workers(self) -> None:
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
        self.wait_for_death()

    def has_ended(self) -> bool:
        """Whether a worker has given up by itself."""
        return any(worker.poll() is not None for worker in self.workers)

    def wait_for_death(self) -> None:
        """The worker was killed."""
        wait_for(lambda: all(worker.poll() is not None for worker in self.workers), self)

    def stop(self) -> None:
        """End the workers as an operator does."""
        self.proxy.close()
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)


def wait_for(condition: Callable[[], Any], queue: Queue) -> None:
    """Wait until it is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"in vain; the worker said:\n{queue.log.read_text()[-6000:]}"
        time.sleep(0.02)


class Order:
    """One order: a name of its own, its control files, and what became of it."""

    def __init__(self, queue: Queue, db: psycopg.Connection[Any]) -> None:
        self.queue = queue
        self.db = db
        self.id = f"o-{uuid.uuid4().hex[:12]}"
        self.said = len(queue.log.read_text())

    def says(self, word: str) -> Path:
        file = self.queue.folder / f"{self.id}.{word}"
        file.touch()
        return file

    def runs(self) -> int:
        file = self.queue.folder / f"{self.id}.started"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def put(self, amount: int = 5, task: str = "pay") -> None:
        self.queue.put(task, self.id, amount)

    def paid(self) -> list[int]:
        rows = self.db.execute("SELECT amount FROM ledger WHERE who = %s", (self.id,)).fetchall()
        return [amount for (amount,) in rows]

    def is_dead(self) -> bool:
        return self.id in self.queue.dead_letters()

    def until(self, condition: Callable[[], Any]) -> None:
        wait_for(condition, self.queue)

    def until_queue_is_empty(self) -> None:
        """Brokers move a message in two steps, and it is in neither place in between: so ask until it stays empty."""
        wait_for(lambda: all(self._empty_soon() for _ in range(3)), self.queue)

    def _empty_soon(self) -> bool:
        time.sleep(0.03)
        return self.queue.is_empty()


class Contract:
    """The proofs. A module of a framework has a fixture ``queue`` and a subclass."""

    @pytest.fixture
    def order(self, queue: Queue, queue_db: psycopg.Connection[Any]) -> Iterator[Order]:
        queue.has_worker()
        yield Order(queue, queue_db)

    def test_a_message_whose_worker_is_killed_in_its_handler_is_paid_once(self, order: Order) -> None:
        order.says("die")
        order.put()
        order.queue.wait_for_death()
        assert (order.paid(), order.runs()) == ([], 1)
        order.queue.leave_behind()
        order.queue.start()
        order.until(order.paid)
        order.until_queue_is_empty()
        assert (order.paid(), order.runs()) == ([5], 2)

    def test_a_message_whose_worker_is_killed_between_commit_and_acknowledgement_is_paid_once(
        self, order: Order
    ) -> None:
        order.says("die-committed")
        order.put()
        order.queue.wait_for_death()
        assert (order.paid(), order.runs()) == ([5], 1)
        order.queue.leave_behind()
        order.queue.start()
        order.until_queue_is_empty()
        assert (order.paid(), order.runs(), order.is_dead()) == ([5], 1, False)

    @pytest.mark.exhaustive
    def test_a_message_whose_original_still_runs_waits_in_its_queue(self, order: Order) -> None:
        held = order.says("hold")
        order.put()
        order.until(order.runs)
        order.queue.put_again(order.id)
        order.until(lambda: self.log_of(order).count("is refused: in_progress") >= 2)
        assert not order.queue.is_empty()
        held.unlink()
        order.until_queue_is_empty()
        assert (order.paid(), order.runs(), order.is_dead()) == ([5], 1, False)

    @pytest.mark.exhaustive
    def test_an_order_that_a_producer_puts_twice_is_paid_once(self, order: Order) -> None:
        order.put()
        order.put()
        order.until(order.paid)
        order.until_queue_is_empty()
        assert (order.paid(), order.runs(), order.is_dead()) == ([5], 1, False)

    @pytest.mark.exhaustive
    def test_a_key_of_another_payload_goes_to_the_dead_letters_and_not_round(self, order: Order) -> None:
        order.put(5)
        order.until(order.paid)
        order.until_queue_is_empty()
        order.put(6)
        order.until(order.is_dead)
        order.until_queue_is_empty()
        assert (order.paid(), order.runs()) == ([5], 1)
        assert self.log_of(order).count("is refused: key_reused") == 1

    @pytest.mark.exhaustive
    def test_an_unknown_outcome_goes_to_the_dead_letters(self, order: Order) -> None:
        order.says("fail")
        order.put(task="send")
        order.until(order.runs)
        order.until_queue_is_empty()
        order.put(task="send")
        order.until(order.is_dead)
        order.until_queue_is_empty()
        assert order.runs() == 1
        assert "is refused: outcome_unknown" in self.log_of(order)

    @pytest.mark.exhaustive
    def test_a_message_waits_while_the_database_is_away(self, order: Order) -> None:
        order.queue.database_is_away.set()
        try:
            order.put()
            order.until(lambda: self.log_of(order).count("store_unavailable") >= 2)
            assert not order.queue.is_empty()
        finally:
            order.queue.database_is_away.clear()
        order.until(order.paid)
        order.until_queue_is_empty()
        assert (order.paid(), order.runs(), order.is_dead()) == ([5], 1, False)

    @pytest.mark.exhaustive
    def test_a_message_whose_broker_and_worker_are_killed_while_it_runs_is_paid_once(
        self, order: Order
    ) -> None:
        held = order.says("hold")
        order.put()
        order.until(order.runs)
        order.queue.kill_broker()
        held.unlink()
        if order.queue.broker != "queue_db":  # which takes the payment with it
            order.until(lambda: order.paid() or order.queue.has_ended())
        order.queue.start_broker()
        order.queue.kill_workers()
        order.queue.leave_behind()
        order.queue.start()
        order.until(order.paid)
        order.until_queue_is_empty()
        assert (order.paid(), order.is_dead()) == ([5], False)

    @staticmethod
    def log_of(order: Order) -> str:
        """What the workers have said in this test."""
        return order.queue.log.read_text()[order.said :]
