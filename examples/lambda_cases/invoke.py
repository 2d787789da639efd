"""Invoke the function here, with events from files: ``python examples/lambda_cases/invoke.py events/open_case.json …``.

Every event is an invocation of its own in one execution environment; each answer is one line of JSON. ``DATABASE_URL`` says
where Postgres is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 30
"""The function's timeout."""


class Context:
    """What of Lambda's own context is looked at."""

    function_name = "cases"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:cases"
    aws_request_id = "local"

    def __init__(self) -> None:
        self._end = time.monotonic() + SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._end - time.monotonic()) * 1000))


def main() -> None:
    sys.path.insert(0, str(HERE))
    from app import idem, lambda_handler, pool

    for name in sys.argv[1:]:
        event = json.loads((HERE / name).read_text(encoding="utf-8"))
        print(json.dumps(lambda_handler(event, Context())))
    pool.close()
    idem.close()


if __name__ == "__main__":
    main()
