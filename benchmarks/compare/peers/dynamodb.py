"""A DynamoDB for one peer, from moto: ``python -m benchmarks.compare.peers.dynamodb PORT``.

It answers one request after the other, so that a conditional write is as atomic as AWS's.
"""

from __future__ import annotations

import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None: ...


def main(port: int) -> None:
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, application, threaded=False, request_handler=Quiet)


if __name__ == "__main__":
    main(int(sys.argv[1]))
