"""Azure Functions' truth: what the host would index. An HTTP trigger without methods answers all of them."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import ANY, Truth, Truths, load

PREFIX = "/api"  # the host's, where host.json says nothing else


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for function in load(case).app.get_functions():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] == "httpTrigger":
            methods = trigger.get("methods")
            names = [str(item) for item in methods] if methods else ANY
            route = trigger.get("route") or function.get_function_name()
            truths.add(function.get_user_function(), names, f"{PREFIX}/{route}")
    return truths.result()
