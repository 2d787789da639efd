"""What the layer says in the log, on the runtime's own logger; records are named by their digest, never by their key."""

from __future__ import annotations

from idem_runtime.adapters.powertools.records import SCOPE
from idem_runtime.log_records import LOGGER, digest


def response_lost(key: str, why: object) -> None:
    """Executed; duplicates will be told ``executed_response_lost``."""
    LOGGER.warning(
        "%s: is executed, but its response cannot be stored and will not be replayed: %s", _name(key), why
    )


def not_freed(key: str) -> None:
    """A stale owner's exception."""
    LOGGER.warning(
        "%s: raised an exception after its record was taken over, which stays as the other attempt has it",
        _name(key),
    )


def forgotten(key: str) -> None:
    """Somebody called delete_record by themselves."""
    LOGGER.warning("%s: is deleted by hand, and will be executed again", _name(key))


def rolled_back(key: str) -> None:
    """Work was left open on connection=…, and its function raised."""
    LOGGER.warning(
        "%s: raised an exception and left its transaction open: it is rolled back, and the key is free",
        _name(key),
    )


def cannot_withdraw(key: str, why: BaseException) -> None:
    """Whether the key was claimed is not known."""
    LOGGER.error(
        "%s: did not run, but its key may be in progress until that expires: a claim cannot be withdrawn (%s)",
        _name(key),
        why,
    )


def cannot_free(key: str, why: BaseException) -> None:
    """The function was interrupted, and so is what was to free its key."""
    LOGGER.error(
        "%s: was interrupted, and its key could not be freed (%s): it is in progress until that expires",
        _name(key),
        why,
    )


def _name(key: str) -> str:
    return f"powertools record {digest(SCOPE, key)}"
