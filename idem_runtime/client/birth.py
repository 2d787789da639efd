"""When a key was made, by two clocks: a clock that somebody sets back makes no key younger."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Birth:
    """``wall``: seconds since the epoch; ``monotonic``: of a clock that nobody sets, and that only this process reads."""

    wall: float
    monotonic: float | None

    @classmethod
    def ago(cls, age: float = 0.0) -> Self:
        """``age`` seconds ago; negative where the clock of another machine is ahead."""
        return cls(time.time() - age, time.monotonic() - age)

    @property
    def age(self) -> float:
        """Seconds since then, by the clock that says more."""
        wall = time.time() - self.wall
        return wall if self.monotonic is None else max(wall, time.monotonic() - self.monotonic)

    def __reduce__(self) -> tuple[type[Birth], tuple[float, None]]:
        """In a pickle, the monotonic clock of this machine means nothing."""
        return Birth, (self.wall, None)
