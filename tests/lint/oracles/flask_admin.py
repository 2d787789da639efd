"""Flask-Admin's truth: the application's rules, the views' actions, and the methods that its forms call (positions)."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load, original

HOOKS = ("create_model", "update_model", "delete_model")


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    module = load(case)
    truths = Truths(case)
    for rule in module.app.url_map.iter_rules():
        view = module.app.view_functions[rule.endpoint]
        plugged = getattr(original(view), "view_class", None)
        if plugged is not None and "POST" in rule.methods:
            truths.add_method(plugged, "post", {"POST"})
        else:
            truths.add(view, rule.methods)
    for view in module.admin._views:
        for function in [*(entry[0] for entry in getattr(view, "_actions_data", {}).values())]:
            truths.add(function, {"POST"})
        for name in HOOKS:
            if hasattr(view, name):
                truths.add(getattr(type(view), name), {"POST"})
    return truths.result()
