"""Which database a request has, where it is asked for before its handler is admitted: by a dependency that borrows."""

from __future__ import annotations

from typing import Any, NoReturn

from idem_runtime.adapters.principals import principal_of
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.run_steps import Waits
from idem_runtime.marks import Mark, MoneyMoving
from idem_runtime.runtime import Runtime, principal_text


def choosing(runtime: Runtime, mark: Mark | None, request: Any) -> Waits[Runtime]:
    """The database of who asks; ``request``: the framework's own.

    :raises ConfigurationError: only the mark's ``principal=`` knows, from the handler's arguments.
    :raises PrincipalMissing: nobody asks. :raises StoreUnavailable: its database is not known.
    """
    if isinstance(mark, MoneyMoving) and mark.principal is not None:
        raise ConfigurationError(
            "a dependency borrows a connection, but pool= needs the principal, which principal= of @money_moving takes from "
            "the handler's arguments: name it in Idempotency(principal=…), or borrow in the handler"
        )
    principal = yield from principal_of(None, runtime.principal, request, (), {})
    return runtime.shard(principal_text(principal))


def cannot_wait(given: Any) -> NoReturn:
    """What has to be awaited cannot be, where a session is being used.

    :raises ConfigurationError: always.
    """
    given.close()
    raise ConfigurationError(
        "principal= is async, and a session is used before the principal is known: borrow with idem.connection or "
        "idem.session before, or admit the request early (idem.admitted)"
    )
