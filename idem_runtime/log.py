"""The log of the runtime: one logger, and how a record is named in it without its key."""

from __future__ import annotations

import hashlib
import logging

LOGGER = logging.getLogger("idem_runtime")


def digest(scope: str, key: str) -> str:
    """Twelve hexadecimal digits for a record: what a log line shows in place of scope and key.

    ``idem-runtime show --digest`` finds the record again. The same for the same record in every process.
    """
    named = f"{len(scope)}:{scope}{key}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(named, digest_size=6).hexdigest()
