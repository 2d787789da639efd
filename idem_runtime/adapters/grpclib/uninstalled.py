"""A money-moving method on a server that nothing is installed for: it does not run, and its caller is told so."""

from __future__ import annotations

from typing import Any, NoReturn

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from idem_runtime.errors import NotInstalled


def tell(_: Any, error: NotInstalled) -> NoReturn:
    """Say it in the only way that grpclib has: any other exception is UNKNOWN there.

    :raises GRPCError: always.
    """
    raise GRPCError(Status.INTERNAL, error.message) from error
