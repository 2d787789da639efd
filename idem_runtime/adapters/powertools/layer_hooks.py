"""The four methods that Powertools' idempotency asks of a persistence layer, for one call."""

from __future__ import annotations

import math
import time
from collections.abc import MutableMapping
from functools import partial
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from idem_runtime.adapters.powertools import layer_log, records
from idem_runtime.adapters.powertools.layer_calls import NotSerializable, Record
from idem_runtime.adapters.powertools.layer_store import LayerStore
from idem_runtime.adapters.powertools.records import Claim, Fence, Row
from idem_runtime.errors import (
    ConfigurationError,
    LeaseLost,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
)

WITHDRAWAL_SECONDS = 1.0
"""How much longer a database that did not answer is asked."""
PAUSES = (0.05, 0.2)
"""Seconds in which a server ends a statement that it was asked to cancel."""


class Claimed:
    """A claim that a call holds, or saw: ``alone``, it was committed by itself."""

    def __init__(self, fence: Fence, *, alone: bool) -> None:
        """``fence`` tells it."""
        self.fence = fence
        self.alone = alone


class LayerHooks(BasePersistenceLayer):
    """A persistence layer whose claims are in ``self.claims``, by key."""

    exact = False
    """Whether the call was found, and with it its serializer."""
    adopts = False
    """Whether it goes on with what an earlier invocation has claimed, as a durable function does."""

    def __init__(self, store: LayerStore, claims: MutableMapping[str, Claimed]) -> None:
        """``store`` is shared, ``claims`` are a call's."""
        super().__init__()  # type: ignore[no-untyped-call]  # - the base class is untyped
        self.store = store
        self.claims = claims
        self._remaining: float | None = None
        self._updating = False

    def save_inprogress(self, data: Any, remaining_time_in_millis: int | None = None) -> None:
        """Claim the key; the time that remains is handed on as it is, because local time jumps."""
        self._remaining = None if remaining_time_in_millis is None else remaining_time_in_millis / 1000
        try:
            super().save_inprogress(data, remaining_time_in_millis)
        finally:
            self._remaining = None

    def save_success(self, data: Any, result: Any) -> None:
        """Record the result; one that cannot be stored is recorded as lost, because it was executed."""
        if isinstance(result, NotSerializable):
            self._save_lost(data, result.error)
            return
        self._updating = False
        try:
            super().save_success(data, result)  # pyright: ignore[reportUnknownMemberType] - of any result
        except Exception as error:
            if self._updating:
                raise
            self._save_lost(data, error)

    def get_record(self, data: Any) -> Any:
        """The record, from the local cache or the table."""
        return self._given_back(super().get_record(data))

    def _given_back(self, record: Any) -> Any:
        if isinstance(record, DataRecord) and not isinstance(
            record, Record
        ):  # of the local cache, by save_success
            values = {name.lstrip("_"): value for name, value in vars(record).items()}
            record = Record(**values)
        if isinstance(record, Record):
            record.exact = self.exact
        return record

    def _save_to_cache(self, data_record: DataRecord) -> None:
        if (
            self.store.idle
        ):  # else whoever has the transaction open may still undo the record, and what it is of
            super()._save_to_cache(data_record)

    def _save_lost(self, data: Any, error: Exception) -> None:
        key = self._get_hashed_idempotency_key(data=data)
        if key is not None:
            self._complete(key, None, float(self.expires_after_seconds), None)
            layer_log.response_lost(key, type(error).__name__)

    def _get_expiry_timestamp(self) -> int:
        return math.ceil(time.time() + self.expires_after_seconds)  # local time may have another hour by then

    def _put_record(self, data_record: DataRecord) -> None:
        claim = self._claim(data_record)
        try:
            row = self._put(claim)
        except BaseException as error:
            self.claims.pop(claim.key, None)
            if not _refused(error):
                self._withdraw(claim, error)
            raise
        if row is not None:
            there = self._given_back(_record(row))
            self._validate_payload(data_payload=data_record, stored_data_record=there)
            self._save_to_cache(data_record=there)
            raise IdempotencyItemAlreadyExistsError(old_data_record=there)

    def _put(self, claim: Claim) -> Row | None:
        """Claim the key, or give the record that is in the way."""
        alone = self.store.idle
        outcome = self.store.run(partial(records.put, claim=claim))
        if isinstance(outcome, Fence):
            self.claims[claim.key] = claimed = Claimed(outcome, alone=alone)
            if self.exact:
                self.store.unbegun.add(outcome, claimed)
            return None
        if self.adopts:
            self.claims[claim.key] = Claimed(outcome.fence, alone=True)
        return outcome

    def _withdraw(self, claim: Claim, why: BaseException) -> None:
        """Nobody saw the answer to ``claim``, and the function will not run."""
        pauses = PAUSES if isinstance(why, StoreUnavailable) else ()
        withdrawal = partial(records.withdraw, claim=claim, pauses=pauses)
        try:
            self.store.run(withdrawal, seconds=WITHDRAWAL_SECONDS)
        except Exception as error:  # noqa: BLE001 - the first one is what is raised
            layer_log.cannot_withdraw(claim.key, error)

    def _claim(self, data_record: DataRecord) -> Claim:
        return Claim(
            data_record.idempotency_key,
            str(uuid4()),
            _seconds_until(data_record.expiry_timestamp, self.expires_after_seconds),
            self._seconds_in_progress(data_record),
            data_record.payload_hash or None,
        )

    def _seconds_in_progress(self, data_record: DataRecord) -> float | None:
        if self._remaining is not None or data_record.in_progress_expiry_timestamp is None:
            return self._remaining
        return data_record.in_progress_expiry_timestamp / 1000 - time.time()

    def _get_record(self, idempotency_key: str) -> DataRecord:
        row = self.store.run(partial(records.get, key=idempotency_key))
        if row is None:
            raise IdempotencyItemNotFoundError
        return _record(row)

    def _update_record(self, data_record: DataRecord) -> None:
        self._updating = True
        retention = _seconds_until(data_record.expiry_timestamp, self.expires_after_seconds)
        key = data_record.idempotency_key
        if not self._complete(key, data_record.response_data, retention, data_record.payload_hash or None):
            layer_log.response_lost(key, "the database refuses it")

    def _complete(self, key: str, response: str | None, retention: float, payload_hash: str | None) -> bool:
        claimed = self.claims.pop(key, None)
        if claimed is None:
            raise LeaseLost("nothing was claimed for this record: it is not completed")
        given = self.store.given
        if given is not None and given.failed:
            if claimed.alone:
                given.rollback()
                self.store.run(partial(records.delete, fence=claimed.fence))
            else:
                self.store.free_later(claimed.fence)
            raise TransactionBroken(
                "the function returned with the transaction of connection=… failed: nothing that it wrote there is kept, "
                "and its key is free. Let it raise what went wrong, or roll back to a savepoint of its own"
            )
        return self.store.run(
            partial(
                records.complete,
                fence=claimed.fence,
                response=response,
                retention=retention,
                payload_hash=payload_hash,
            )
        )

    def _delete_record(self, data_record: DataRecord) -> None:
        key = data_record.idempotency_key
        claimed = self.claims.pop(key, None)
        if claimed is None:
            self._forget(key)
            return
        if not self._undone(key, claimed):
            return
        if not self.store.run(partial(records.delete, fence=claimed.fence)):
            layer_log.not_freed(key)

    def _forget(self, key: str) -> None:
        """Somebody deletes what they have not claimed: a call never does."""

    def _undone(self, key: str, claimed: Claimed) -> bool:
        """Whether there is a claim left to delete, now that the function has raised."""
        given = self.store.given
        if given is None or not given.open:
            return True
        if (
            not claimed.alone and given.failed
        ):  # the claim's own, with which it goes; or the function's, after a commit
            self.store.free_later(claimed.fence)
            return False
        if self._committed(
            claimed
        ):  # what it left open would be rolled back by its caller, and the deletion with it
            given.rollback()
            layer_log.rolled_back(key)
        return True

    def _committed(self, claimed: Claimed) -> bool:
        """Whether the transaction that is open now is another one than the claim's."""
        return claimed.alone or self.store.run(records.transaction) != claimed.fence.transaction


def _refused(error: BaseException) -> bool:
    """Whether ``error`` says that nothing was claimed; the driver's own has an SQLSTATE."""
    kinds = (ConfigurationError, RetriesExhausted)
    return isinstance(error, kinds) or getattr(error, "sqlstate", None) is not None


def _seconds_until(timestamp: int | None, otherwise: float) -> float:
    return float(otherwise) if timestamp is None else timestamp - time.time()


def _record(row: Row) -> Record:
    """``row`` by the application's clock: now, and what is left by the database's."""
    now = time.time()
    gone = int(now) - 1
    in_progress = None if row.in_progress is None else math.ceil((now + row.in_progress) * 1000)
    record = Record(
        row.fence.key,
        status=row.status,
        expiry_timestamp=gone if row.expires <= 0 else math.ceil(now + row.expires),
        in_progress_expiry_timestamp=in_progress,
        payload_hash=row.payload_hash or "",
    )
    return record.respond_with(row.response)
