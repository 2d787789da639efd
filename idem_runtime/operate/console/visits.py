"""Who looks at the console, and what they may see and do there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.console.messages import ConsoleRequest
from idem_runtime.operate.record_names import RecordName, parts_of_scope

User: TypeAlias = Callable[[ConsoleRequest], Any]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the application says of its users. ``see``: ``None`` where everybody who is signed in sees every record."""

    user: User
    resolve: Callable[[str], bool]
    see: Callable[[str, str], bool] | None = None
    second_person: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one user, with a connection to the store."""

    request: ConsoleRequest
    who: str
    rights: Rights
    admin: Admin
    token: str
    """Goes into every form."""

    @property
    def may_resolve(self) -> bool:
        """Whether this user may change anything."""
        return bool(self.rights.resolve(self.who))

    def sees(self, record: RecordName) -> bool:
        """Whether this user may see a record; one whose scope is not ours, only a user who sees all."""
        if self.rights.see is None:
            return True
        parts = parts_of_scope(record.scope)
        return parts is not None and bool(self.rights.see(self.who, parts[0]))


def nobody(_: str) -> bool:
    """Nobody may change anything, until the application says who."""
    return False
