"""Flask-AppBuilder's truth: the application's rules; a form's POST calls the view's ``form_post`` (positions)."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    module = load(case)
    truths = Truths(case)
    for rule in module.app.url_map.iter_rules():
        view = module.app.view_functions[rule.endpoint]
        owner = getattr(view, "__self__", None)
        if "POST" in rule.methods and truths.place(view) is None and owner is not None:
            hook = getattr(type(owner), "form_post", None)
            truths.add(hook or type(owner), {"POST"})
        else:
            truths.add(view, rule.methods)
    return truths.result()
