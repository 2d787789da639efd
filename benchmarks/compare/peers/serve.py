"""One server of one peer: ``python -m benchmarks.compare.peers.serve NAME PORT``."""

from __future__ import annotations

import sys
from importlib import import_module


def main(name: str, port: int) -> None:
    peer = import_module(f"benchmarks.compare.peers.{name}")
    if hasattr(peer, "wsgi"):
        from waitress import serve

        serve(peer.wsgi, host="127.0.0.1", port=port, threads=40)
    else:
        import uvicorn

        uvicorn.run(peer.app, port=port, log_level="error")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
