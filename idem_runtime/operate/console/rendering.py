"""Templates, which escape whatever is put into them, and the headers of every page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from idem_runtime.operate import terminal_output
from idem_runtime.operate.console import forgery
from idem_runtime.operate.console.messages import ConsoleRequest, Reply
from idem_runtime.operate.console.visits import Visit
from idem_runtime.operate.record_names import RecordName, parts_of_scope

_templates = Environment(
    loader=PackageLoader("idem_runtime.operate.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Reply:
    """A page for a user, from ``templates/``."""
    known = {"who": visit.who, "token": visit.token, "may_resolve": visit.may_resolve}
    return Reply(status, _rendered(visit.request, template, **known, **values))


def message(request: ConsoleRequest, status: int, title: str, text: str) -> Reply:
    """A page for somebody who gets no further."""
    return Reply(status, _rendered(request, "message.html", who=None, title=title, text=text))


def style() -> Reply:
    """The style sheet."""
    text = _templates.get_template("style.css").render()
    return Reply(200, text, "text/css; charset=utf-8")


def redirect(request: ConsoleRequest, path: str, **parameters: str) -> Reply:
    """To another page of the console, with GET."""
    return Reply(303, headers=(("location", address(request.prefix, path, **parameters)),))


def address(prefix: str, path: str, **parameters: str) -> str:
    """Of a page of the console, as browsers have it."""
    return f"{prefix}{path}{'?' if parameters else ''}{urlencode(parameters)}"


def record_values(name: RecordName) -> dict[str, str]:
    """A record's names, as pages show them."""
    principal, operation = parts_of_scope(name.scope) or ("?", name.scope)
    values = {"principal": principal, "operation": operation, "scope": name.scope, "key": name.key}
    return {title: terminal_output.printable(value) for title, value in values.items()} | {
        "digest": name.digest,
        "query": urlencode({"scope": name.scope, "key": name.key}),
    }


def _rendered(request: ConsoleRequest, template: str, **values: Any) -> str:
    known = {"prefix": request.prefix, "field": forgery.FIELD}
    return _templates.get_template(template).render(**known, **values)


_templates.filters["duration"] = terminal_output.duration
_templates.filters["size"] = terminal_output.size
