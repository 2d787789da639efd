"""The client needs no database, no framework, and only the library that its caller uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import sys
for name in {blocked}:
    sys.modules[name] = None
{program}
heavy = {{"psycopg", "pydantic", "fastapi", "starlette", "flask", "sqlalchemy"}} | {{"httpx", "requests", "grpc", "google"}} - {{{own!r}}}
print(sorted(heavy & {{name for name, module in sys.modules.items() if module is not None}}))
"""
LIBRARIES = ("httpx", "requests", "grpc")


@pytest.mark.slow
@pytest.mark.parametrize("own", ["", *LIBRARIES])
def test_it_works_with_nothing_but_its_own_library(own: str) -> None:
    blocked = ["psycopg", "pydantic", "google", *(name for name in LIBRARIES if name != own)]
    program = f"import idem_runtime.client{'.' + own if own else ''}"
    code = WITHOUT.format(blocked=blocked, program=program, own=own)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_who_does_not_await_does_not_import_asyncio() -> None:
    code = "import sys, idem_runtime.client; print('asyncio' in sys.modules, 'importlib.resources' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False False\n", "")
