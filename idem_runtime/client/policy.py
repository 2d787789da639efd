"""How calls are made: which get a key, and when they are tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from idem_runtime.durations import Duration, as_timedelta, shown
from idem_runtime.errors import ConfigurationError

LONGEST_BUDGET = timedelta(hours=1)
"""What a key is younger than its server's retention by, so that it does not end during the retries."""
_JITTER = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPolicy:
    """How a transport makes its calls. Durations: a ``timedelta`` or seconds; sizes in bytes.

    :raises ConfigurationError: names the value that cannot be used, and what is allowed.
    """

    methods: Collection[str] = ("POST", "PATCH")
    """The HTTP methods whose requests get a key and are tried again; add ``"PUT"`` or ``"DELETE"`` where they move money."""
    without_key: Collection[str] = ()
    """Paths such as ``/oauth/token`` (or names of RPCs) whose calls get no key and are made once, in an intent, too."""
    attempts: int = 5
    """How often a call is made at most, the first time included."""
    budget: Duration = 30.0
    """How long after its beginning a call may be tried again; an hour at most."""
    first_pause: Duration = 0.1
    """How long to wait before the second attempt at most; each further pause is up to twice as long."""
    longest_pause: Duration = 5.0
    """The longest pause that nobody asked for. A server's ``Retry-After`` is waited for, or the call is given up."""
    body_cap: int = 10_485_760
    """Bytes of a body that is read into memory, because it can be sent only once as it is (a generator, a file)."""
    require_intent: bool = False
    """A call outside any intent is refused: :class:`IntentMissing`."""
    raise_refusals: bool = True
    """``key_reused``, ``outcome_unknown`` and ``executed_response_lost`` are raised; ``False``: returned, as responses."""

    def __post_init__(self) -> None:
        methods = self.methods
        if isinstance(methods, str) or not all(method.isupper() for method in methods):
            raise ConfigurationError(f'methods={methods!r}: names in capitals, such as ("POST", "PATCH")')
        if isinstance(self.without_key, str) or not all(path.startswith("/") for path in self.without_key):
            raise ConfigurationError(f'without_key={self.without_key!r}: paths, such as ("/oauth/token",)')
        if self.attempts < 1 or self.body_cap < 0:
            raise ConfigurationError(
                f"attempts={self.attempts}, body_cap={self.body_cap}: at least 1, and at least 0"
            )
        for name in ("budget", "first_pause", "longest_pause"):
            given = as_timedelta(getattr(self, name))
            if not isinstance(given, timedelta) or not timedelta(0) <= given <= LONGEST_BUDGET:
                raise ConfigurationError(f"{name}={shown(given)}: a timedelta or seconds, up to an hour")

    def pause(self, made: int) -> float:
        """Seconds to wait after ``made`` attempts, by chance, so that callers do not come back together."""
        return _JITTER.uniform(
            0, min(_seconds(self.longest_pause), _seconds(self.first_pause) * 2 ** (made - 1))
        )


def _seconds(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration


class Attempts:
    """The attempts of one call: how many there were, and whether there may be another."""

    def __init__(self, policy: CallPolicy, within: float | None = None) -> None:
        """``within``: seconds that the whole call may take, where its caller says so."""
        self._policy = policy
        self._began = time.monotonic()
        self._within = within
        self.made = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._began

    @property
    def remaining(self) -> float | None:
        """Seconds that are left of what the caller allows; ``None``: it does not say."""
        return None if self._within is None else self._within - self.elapsed

    def pause(self, asked: float | None = None) -> float | None:
        """Seconds to wait before the next attempt, at least those that the server asked for; ``None``: there is none."""
        if self.made >= self._policy.attempts:
            return None
        pause = (asked or 0.0) + self._policy.pause(self.made)
        left = _seconds(self._policy.budget) - self.elapsed
        if self.remaining is not None:
            left = min(left, self.remaining)
        return pause if pause < left else None
