"""What the contexts of this adapter have in common: gRPC's codes, and what is known of a call."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from idem_runtime.adapters.rpc.answers import Metadata
from idem_runtime.adapters.rpc.codes import OK, UNKNOWN

STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
"""By number."""


def number_of(code: Any) -> int:
    """The number of a code, as methods set it."""
    if code is None:
        return OK
    number = code.value[0] if isinstance(code, grpc.StatusCode) else code
    return number if number in STATUS_CODES else UNKNOWN


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call, read before the method runs.

    On an aio server, asking a context for its peer after the call has ended ends the process; a method may outlive its call.
    """

    metadata: Metadata
    peer: str
    peer_identities: Sequence[bytes] | None
    peer_identity_key: str | None
    auth_context: Mapping[str, Sequence[bytes]]
    deadline: float | None
    """On the monotonic clock."""

    @classmethod
    def of(cls, context: Any) -> Facts:
        """Those of gRPC's own ``context``, or of what an interceptor put around it."""
        left = context.time_remaining()
        return cls(
            tuple(context.invocation_metadata() or ()),
            context.peer(),
            context.peer_identities(),
            context.peer_identity_key(),
            context.auth_context(),
            None if left is None else time.monotonic() + left,
        )


class Aborted(Exception):
    """Leaves a method whose status is set."""
