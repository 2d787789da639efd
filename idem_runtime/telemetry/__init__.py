"""OpenTelemetry: spans and metrics of every execution of a process (docs/telemetry.md).

Nothing of OpenTelemetry is imported before :func:`instrument` is called.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from idem_runtime.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from idem_runtime.idempotency import Idempotency

__all__ = ["instrument"]


def instrument(
    *watched: Idempotency, tracer_provider: Any = None, meter_provider: Any = None
) -> Callable[[], None]:
    """Tell OpenTelemetry of every execution of this process, from now until what this returns is called.

    ``watched``: whose records are asked, at each collection of metrics, for unknown outcomes and the age of the oldest.
    The providers are OpenTelemetry's global ones unless given.

    :raises ConfigurationError: OpenTelemetry is not installed; the message names the extra.
    """
    try:
        importlib.import_module("opentelemetry.trace")
    except ImportError:
        raise ConfigurationError(
            'OpenTelemetry is not installed: pip install "idem-guard[telemetry]"'
        ) from None
    from idem_runtime.execution.observers import observe
    from idem_runtime.telemetry.measured import Measured
    from idem_runtime.telemetry.unknown_outcomes import watch

    forget = watch(watched, meter_provider)
    stop = observe(Measured(tracer_provider, meter_provider))

    def end() -> None:
        forget()
        stop()

    return end
