"""Print the counts of the enumeration: ``IDEM_PROOF=full python -m tests.runtime.interleavings`` for all of it."""

from __future__ import annotations

from tests.runtime import postgres
from tests.runtime.conftest import prepared
from tests.runtime.interleavings.enumeration import every_order
from tests.runtime.interleavings.tables import CHOSEN
from tests.runtime.interleavings.world import set_up


def main() -> None:
    """Run the chosen scenarios on a server of their own."""
    server = postgres.start(postgres.chosen())
    orders = faults = 0
    try:
        stage = set_up(prepared(server, "alone"))
        for scenario in CHOSEN:
            counts = every_order(scenario, stage)
            orders, faults = orders + counts.orders, faults + sum(counts.faults.values())
            print(f"{scenario.name}: {counts}", flush=True)
        stage.close()
    finally:
        postgres.stop(server)
    print(
        f"{len(CHOSEN)} scenarios: {orders} interleavings, {faults} with a fault or time-out: each one effect, one truth"
    )


if __name__ == "__main__":
    main()
