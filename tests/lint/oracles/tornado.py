"""Tornado's truth: the rules of the application's routers, and the methods its handler classes define."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tornado.routing import Rule, RuleRouter
from tornado.web import Application, RequestHandler

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for path, target in _targets(load(case).app.default_router.rules):
        if inspect.isclass(target) and issubclass(target, RequestHandler):
            if target.post is not RequestHandler.post and "POST" in target.SUPPORTED_METHODS:
                truths.add_method(target, "post", {"POST"}, path)
        else:
            truths.add(target, {"*"}, path)
    return truths.result()


def _targets(rules: Iterable[Rule]) -> Iterator[tuple[str | None, Any]]:
    """Each target with the pattern of its own rule: a router further in is asked for the whole path again."""
    for rule in rules:
        target = rule.target
        if isinstance(target, Application):
            yield from _targets(target.default_router.rules)
        elif isinstance(target, RuleRouter):
            yield from _targets(target.rules)
        else:
            regex = getattr(rule.matcher, "regex", None)
            yield regex.pattern.removesuffix("$") if regex is not None else None, target
