"""Azure Functions' truth: what the host would index. An HTTP trigger without methods answers all of them."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import ANY, Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for function in load(case).app.get_functions():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] == "httpTrigger":
            methods = trigger.get("methods")
            truths.add(function.get_user_function(), [str(item) for item in methods] if methods else ANY)
    return truths.result()
