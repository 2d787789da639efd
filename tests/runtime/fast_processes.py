"""Processes that start fast, because what they import is imported already.

One fork server serves all tests of a worker, and it imports only what it is told before it starts: so whatever such a process
needs is named here. It is not measured for coverage: what it forks ends without writing what it ran.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

PRELOADED = [
    "idem_runtime.adapters.powertools.resolver",
    "psycopg_pool",
    "tests.runtime.adapters.grpc.victim",
    "tests.runtime.adapters.powertools.environment",
    "tests.runtime.adapters.powertools.lambdas",
    "tests.runtime.adapters.powertools.resolvers",
    "tests.runtime.test_storms",
    "tests.runtime.victim",
]
_MEASURED = "COVERAGE_PROCESS_CONFIG"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(PRELOADED)


def processes() -> ForkServerContext:
    """What starts them; its server runs."""
    measured = os.environ.pop(_MEASURED, None)
    try:
        forkserver.ensure_running()
    finally:
        if measured is not None:
            os.environ[_MEASURED] = measured
    return _CONTEXT
