"""The rules of a Flask application, checked as they come: at ``init_app``, at registration, and at a first request."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from idem_runtime.lending import Entry
from idem_runtime.reach import Kind
from idem_runtime.startup import Checks, Endpoint


class Rules:
    """Watches what is registered: blueprints, class views and extensions all come through ``app.add_url_rule``."""

    def __init__(self, app: Flask, checks: Checks) -> None:
        """Nothing is watched yet."""
        self.app = app
        self.checks = checks
        self._complete = False
        self._new: list[Rule] = []

    def watch(self) -> None:
        """Check the rules that are there, and those that come.

        :raises ConfigurationError: here, or out of the registration that is refused.
        """
        self.checks.run(self._endpoints(self.app.url_map.iter_rules()))
        url_map_add, add_url_rule = self.app.url_map.add, self.app.add_url_rule

        def add(rule: Any) -> None:
            url_map_add(rule)
            self._new.append(rule)
            self._complete = False

        def add_and_check(*args: Any, **kwargs: Any) -> None:
            add_url_rule(*args, **kwargs)
            new, self._new = self._new, []
            self.checks.run(self._endpoints(new))

        self.app.url_map.add = add  # type: ignore[method-assign,assignment]  # - wrapped for this application only
        self.app.add_url_rule = add_and_check  # type: ignore[method-assign]  # - as above

    def complete(self) -> None:
        """Check all that nothing has checked: views given by ``app.endpoint``, rules put into the map, late globals.

        :raises ConfigurationError: at every request, as long as something is refused.
        """
        if not self._complete:
            self.checks.run(self._endpoints(self.app.url_map.iter_rules(), without_view=True))
            self._complete = True

    def _endpoints(
        self, rules: Iterable[Rule], *, without_view: bool = False
    ) -> Generator[Endpoint, None, None]:
        for rule in rules:
            view = self.app.view_functions.get(rule.endpoint)
            if view is not None or without_view:
                methods = frozenset(rule.methods or ())
                yield Endpoint(rule.rule, methods, view, partial(_entries, rule, view), rule.endpoint)


def _entries(rule: Rule, view: Any, function: Any) -> Generator[Entry, None, None]:
    converters: dict[str, Any] = getattr(rule, "_converters", {})
    given: dict[str, Kind] = {
        name: "data"
        for name, converter in converters.items()
        if type(converter).__module__.startswith("werkzeug.") and name not in (rule.defaults or {})
    }
    yield Entry(function, given, getattr(view, "view_class", None))
