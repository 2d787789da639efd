"""Where the linter says that a mark takes effect, the adapter finds it; where it says that it does not, start-up refuses it.

The snippets are those of the linter's positions (``tests/lint/positions``), which real requests have judged.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

import pytest

from idem_runtime import ConfigurationError
from tests.runtime.adapters import django_project

STRICTER = {
    # the mark is in something that the method calls, which start-up cannot know
    "django: marked base, overridden and called by super",
    "django: helper that post calls",
    "django: helper of dispatch that goes on",
}
"""What takes effect, and is refused at start-up all the same where a mark is required."""
NOT_ROUTED = {"drf: action hidden by a decorator without wraps"}
"""What answers no POST at all."""
SNIPPETS = [
    pytest.param(name, snippet, id=f"{name}: {snippet.name}")
    for name in ("django", "drf", "ninja", "ninja_extra")
    for snippet in importlib.import_module(f"tests.lint.positions.{name}").SNIPPETS
]


@pytest.mark.parametrize(("name", "snippet"), SNIPPETS)
def test_linter_and_runtime_agree(name: str, snippet: Any, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    django_project.set_up(dsn)
    from django.urls import URLResolver
    from django.urls.resolvers import RegexPattern

    from idem_runtime.adapters.django import routes
    from idem_runtime.startup.required_marks import RequiredMarks, check_marks_are_met

    module = types.ModuleType("app")
    module.__file__ = "app.py"
    monkeypatch.setitem(sys.modules, "app", module)
    source = snippet.source.replace("from recorder import", "from idem_runtime import")
    try:
        exec(compile(source, "app.py", "exec"), vars(module))
    except ImportError:
        pytest.skip("newer than this Django")
    except (AssertionError, ConfigurationError):
        return  # refused before there is anything to serve
    case = f"{name}: {snippet.name}"
    try:
        rows = list(routes.endpoints(URLResolver(RegexPattern(r"^/"), module)))
        check_marks_are_met(rows)
        RequiredMarks(True).check(rows, complete=True)
    except ConfigurationError:
        assert not snippet.effective or snippet.refused or case in STRICTER
    else:
        assert (snippet.effective and not snippet.refused and case not in STRICTER) or case in NOT_ROUTED
