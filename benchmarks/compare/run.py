"""What happens to a payment: every scenario for every peer, for real. ``python -m benchmarks.compare.run [--only NAME…]``.

Prints the table and writes ``results.json`` beside this file, from which the README's is made; with ``--only`` and ``--write``, the rows of the others stay.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks.compare.environments import PEERS, ROOT, Peer, prepare
from benchmarks.compare.machine import LEASE, Machine, database, machine
from benchmarks.compare.scenarios import DUPLICATES, PATIENCE, SCENARIOS, Bench, measured
from benchmarks.compare.table import committed, table

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[peer.name for peer in PEERS], help="these peers")
    parser.add_argument(
        "--scenario", nargs="+", choices=list(SCENARIOS), help="these scenarios; nothing is written"
    )
    parser.add_argument("--write", action="store_true", help="with --only: write their rows all the same")
    arguments = parser.parse_args()
    peers = [peer for peer in PEERS if peer.name in (arguments.only or [peer.name])]
    for peer in peers:
        prepare(peer)
    with machine(peers) as shared:
        report = {
            "python": platform.python_version(),
            "lease_seconds": LEASE,
            "patience_seconds": PATIENCE,
            "duplicates": DUPLICATES,
            "peers": [row(shared, peer, arguments.scenario or list(SCENARIOS)) for peer in peers],
        }
    print(table(report))
    if arguments.only and arguments.write:
        fresh = {row["name"]: row for row in report["peers"]}
        report["peers"] = [fresh.get(row["name"], row) for row in committed()["peers"]]
    if (arguments.write or not arguments.only) and not arguments.scenario:
        RESULTS.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def row(shared: Machine, peer: Peer, scenarios: list[str]) -> dict[str, Any]:
    """One peer."""
    print(f"{peer.title} {peer.version()}", file=sys.stderr, flush=True)
    facts: dict[str, Any] = {}
    with database(shared, peer) as environment:
        for name in scenarios:
            facts[name] = measured(Bench(shared, peer, environment), name)
            print(f"  {name}: {facts[name]}", file=sys.stderr, flush=True)
    return {
        "name": peer.name,
        "title": peer.title,
        "version": peer.version(),
        "store": peer.store,
        "page": peer.page,
        "facts": facts,
    }


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
