"""What a store of intents gives, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What a store has for a name: the key, and how old it is in seconds."""

    key: UUID
    age: float


class IntentStore(Protocol):
    """Where the keys of named intents outlive the process."""

    def keep(self, name: str) -> KeptKey:
        """The key of ``name``; where there is none, one is made and kept, durably, before this returns."""
        ...


class AsyncIntentStore(Protocol):
    """The same for ``async with``."""

    async def keep(self, name: str) -> KeptKey:
        """As :meth:`IntentStore.keep`."""
        ...
