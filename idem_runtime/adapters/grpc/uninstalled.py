"""A money-moving method on a server that nothing is installed for: it does not run, and its caller is told so."""

from __future__ import annotations

from typing import Any

import grpc

from idem_runtime.adapters.rpc.refusals import refusal
from idem_runtime.errors import NotInstalled


def tell(context: Any, error: NotInstalled) -> None:
    """Put the code into gRPC's own ``context``: it is sent when ``error`` is raised out of the method.

    Without status details: their message has to be that of the status, which an aio server words itself.
    """
    context.set_code(grpc.StatusCode.INTERNAL)
    context.set_trailing_metadata(refusal(error, status_details=False).trailing)
