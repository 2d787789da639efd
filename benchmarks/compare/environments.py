"""The peers: what each is, which version, by which page it is set up, and an environment for each.

``.venv-bench/compare/NAME`` is made at the first run, from PyPI, so that no peer's requirements meet another's.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-bench" / "compare"
WEB = ("fastapi>=0.115", "uvicorn>=0.30", "psycopg[binary,pool]>=3.2")


@dataclass(frozen=True)
class Peer:
    """One column: ``package`` is what is compared, in the version that the table names."""

    name: str
    title: str
    package: str
    store: str
    page: str
    requirements: tuple[str, ...] = ()
    set_up: tuple[str, ...] = ()
    """Arguments of the environment's Python that prepare the database; its DSN is the last one."""
    helper: str = ""
    """A server that only this peer needs: a module of ``peers``, which is told its port."""

    def python(self) -> Path:
        """Of its environment; of ours another, where the test of this project says which."""
        if self.name == "here" and "COMPARE_HERE" in os.environ:
            return Path(os.environ["COMPARE_HERE"])
        return FOLDER / self.name / "bin" / "python"

    def version(self) -> str:
        """Of the package, or nothing for what is no package."""
        if not self.package:
            return ""
        code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
        command = [str(self.python()), "-c", code, self.package]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.strip()


PEERS = (
    Peer(
        "own_table_simple",
        "own table, simple",
        "",
        "Postgres",
        "https://zidan.me/blog/idempotency-series/part-2-building-the-key-store/",
        WEB,
    ),
    Peer(
        "own_table_careful", "own table, careful", "", "Postgres", "https://brandur.org/idempotency-keys", WEB
    ),
    Peer(
        "powertools",
        "Powertools",
        "aws-lambda-powertools",
        "DynamoDB (moto)",
        "https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/",
        (*WEB, "aws-lambda-powertools[jmespath,aws-sdk]==3.37.0", "moto[dynamodb,server]>=5"),
        helper="dynamodb",
    ),
    Peer(
        "dbos_workflow",
        "DBOS",
        "dbos",
        "Postgres",
        "https://docs.dbos.dev/python/tutorials/idempotency-tutorial",
        (*WEB, "dbos==3.4.0"),
    ),
    Peer(
        "asgi_idempotency_header",
        "asgi-idempotency-header",
        "asgi-idempotency-header",
        "Redis",
        "https://github.com/snok/asgi-idempotency-header#setup",
        (*WEB, "asgi-idempotency-header==0.2.0", "redis>=4.2,<5"),
    ),
    Peer(
        "idemkit_postgres",
        "idemkit",
        "idemkit",
        "Postgres",
        "https://pypi.org/project/idemkit/",
        (*WEB, "idemkit[asgi,postgres]==1.0.2"),
        ("-m", "idemkit.cli", "init-pg"),
    ),
    Peer(
        "django_idempotency_key",
        "django-idempotency-key",
        "django-idempotency-key",
        "Redis",
        "https://github.com/yoyowallet/django-idempotency-key#settings",
        ("django==4.2.*", "django-idempotency-key==1.3.0", "waitress>=3", "psycopg[binary]>=3.2"),
    ),
    Peer(
        "here",
        "idem-guard",
        "idem-guard",
        "Postgres",
        "https://pypi.org/project/idem-guard/",
        (*WEB, f"--editable={ROOT}[postgres,fastapi]"),
        ("-m", "idem_runtime", "migrate", "--dsn"),
    ),
)


def prepare(peer: Peer) -> None:
    """Make the environment where it is not there.

    :raises subprocess.CalledProcessError: something cannot be installed; it is said above.
    """
    folder = FOLDER / peer.name
    if not peer.python().is_relative_to(folder):
        return
    stamp = folder / "complete"
    wanted = hashlib.sha256(repr((sys.version, peer.requirements)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    command = [str(ROOT / ".ci" / "environment"), str(folder), sys.executable, *peer.requirements]
    subprocess.run(command, check=True, cwd=ROOT)
    stamp.write_text(wanted, encoding="utf-8")
