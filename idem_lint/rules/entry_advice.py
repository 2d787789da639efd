"""What to write at a handler of other methods than POST that moves money."""

from __future__ import annotations

from collections.abc import Iterable

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def of_method(methods: Iterable[str], name: str, unserved: str) -> str:
    """The advice for a handler of these methods; ``unserved`` is its framework where nothing of the runtime serves it."""
    if not _SAFE.isdisjoint(methods):
        return (
            "let a POST move the money, and put @money_moving on that: browsers, proxies and crawlers repeat a "
            "GET, and send no key with it"
        )
    if unserved:
        return (
            "put @money_moving(operation=…, key=…, principal=…) on the function that moves the money, because the "
            "runtime has "
            f"no adapter for {unserved} (docs/runtime.md, Frameworks without an adapter)"
        )
    return f"put @money_moving directly above `def {name}`, below every other decorator"
