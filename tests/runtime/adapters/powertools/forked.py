"""The program of a fork test: it resolves an event, forks, and the child runs out of time. Prints what was answered."""

from __future__ import annotations

import os
import signal
import sys
import time

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from idem_runtime import Idempotency, money_moving
from tests.runtime.adapters.powertools.asking import posted
from tests.runtime.adapters.powertools.environment import Context


def main(dsn: str) -> None:
    idem = Idempotency(dsn, principal=lambda event: "alice")
    app = APIGatewayRestResolver()
    idem.install(app, margin=0.2)

    @app.post("/t")
    @money_moving
    def t():
        idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (5)")
        time.sleep(app.current_event.json_body)
        return {}

    print(app.resolve(posted("/t", "parent", body=b"0"), Context(60_000))["statusCode"], flush=True)
    child = os.fork()
    if not child:
        signal.alarm(30)  # it would wait for ever for a thread that is not there
        print(app.resolve(posted("/t", "child", body=b"60"), Context(1200))["statusCode"], flush=True)
        sys.exit()
    print("child:", os.waitpid(child, 0)[1], flush=True)
    idem.close()


if __name__ == "__main__":
    main(sys.argv[1])
