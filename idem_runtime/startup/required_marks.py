"""``require_marks=``: which routes have to carry a mark; an unmarked POST among them is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.mark_values import goes_round_its_mark
from idem_runtime.startup.endpoints import Endpoint
from idem_runtime.startup.money_words import PRESETS
from idem_runtime.startup.route_patterns import Pattern, Preset

ROUTES_IN_A_MESSAGE = 10
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 section 9.2.1)."""


class RequiredMarks:
    """``True``: every POST; the name of a preset (``"money"``): what the linter judges by it, by the route or the module of
    the function; words and globs of the route (``route_patterns.py``); or a function of the route.
    """

    def __init__(self, option: Any) -> None:
        """``option``: what the application gave; ``None`` or ``False`` requires no mark.

        :raises ConfigurationError: an option that cannot be used.
        """
        if not _is_usable(option):
            raise ConfigurationError(
                f"require_marks={option!r}: True, the name of a preset ({', '.join(PRESETS)}), a tuple of words and globs "
                "of routes, or a function of a route"
            )
        self._option = option

    def check(self, endpoints: Sequence[Endpoint], *, complete: bool) -> None:
        """``complete``: these are all endpoints that there are, so that every pattern has to match one.

        :raises ConfigurationError: a pattern that matches nothing, or endpoints without the mark that they need.
        """
        if complete:
            self._check_patterns(endpoints)
        unmarked = [
            endpoint for endpoint in endpoints if self._requires(endpoint) and endpoint.mark() is None
        ]
        if unmarked:
            names = ", ".join(f"POST {endpoint.template} ({endpoint.where()})" for endpoint in unmarked)
            raise ConfigurationError(f"not marked @money_moving or @not_money_moving(reason='…'): {names}")

    @cached_property
    def _patterns(self) -> list[Pattern]:
        option = self._option
        if option is None or isinstance(option, bool | str) or callable(option):
            return []
        return list(map(Pattern, option))

    @cached_property
    def _preset(self) -> Preset | None:
        return Preset(self._option) if isinstance(self._option, str) else None

    def _check_patterns(self, endpoints: Iterable[Endpoint]) -> None:
        templates = {endpoint.template for endpoint in endpoints}
        for pattern in self._patterns:
            if not any(map(pattern.matches, templates)):
                routes = ", ".join(sorted(templates)[:ROUTES_IN_A_MESSAGE]) or "none"
                raise ConfigurationError(
                    f"require_marks: {pattern.text!r} matches no route (routes: {routes}). A word such as 'wallet' matches "
                    "any part of a route; a glob the whole of it, from its beginning: '**/wallet/*'."
                )

    def _requires(self, endpoint: Endpoint) -> bool:
        if not self._option or not endpoint.posts:
            return False
        if callable(self._option):
            return bool(self._option(endpoint.template))
        if self._preset is not None:
            return self._preset.matches(
                endpoint.template, getattr(endpoint.function, "__module__", None) or ""
            )
        return self._option is True or any(pattern.matches(endpoint.template) for pattern in self._patterns)


def check_marks_are_met(endpoints: Iterable[Endpoint]) -> None:
    """:raises ConfigurationError: an endpoint's function has a mark above what registered it, which no request meets."""
    passed = [
        endpoint
        for endpoint in endpoints
        if goes_round_its_mark(endpoint.function)
        and (endpoint.methods is None or not endpoint.methods <= SAFE)
    ]
    if passed:
        names = ", ".join(f"{endpoint.template} ({endpoint.where()})" for endpoint in passed)
        raise ConfigurationError(
            "@money_moving stands above what registered the function, so that no request meets it: put it directly above "
            f"def, below every other decorator (a route that goes round it on purpose says @not_money_moving): {names}"
        )


def _is_usable(option: Any) -> bool:
    if option is None or isinstance(option, bool) or callable(option):
        return True
    if isinstance(option, str):
        return option in PRESETS
    texts = [*option] if type(option) in (tuple, list, set, frozenset) else [None]
    return all(isinstance(text, str) and text.strip("/ ") != "" for text in texts)
