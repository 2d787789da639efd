"""The rules of a Flask application, checked as they come: at ``init_app``, at registration, and at a first request."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from idem_runtime.startup.connection_check import LENT_PARAMETER
from idem_runtime.startup.route_checks import Checks, Endpoint

WORDS = frozenset({"idem_connection"})
"""``flask.g.idem_connection`` is a way to our connection."""


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
        self.checks.run(self._endpoints(self.app.url_map.iter_rules()), complete=False)
        url_map_add, add_url_rule = self.app.url_map.add, self.app.add_url_rule

        def add(rule: Any) -> None:
            url_map_add(rule)
            self._new.append(rule)
            self._complete = False

        def add_and_check(*args: Any, **kwargs: Any) -> None:
            add_url_rule(*args, **kwargs)
            new, self._new = self._new, []
            self.checks.run(self._endpoints(new), complete=False)

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
                yield Endpoint(
                    rule.rule,
                    None if rule.methods is None else frozenset(rule.methods),
                    view,
                    name=rule.endpoint,
                    host=rule.host or rule.subdomain or "",
                    parameter=LENT_PARAMETER,
                    words=WORDS,
                )
