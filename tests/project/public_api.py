"""What others may rely on (``docs/stability.md``), as text: ``python -m tests.project.public_api`` writes it to ``public_api.txt``.

A difference is a change of the public interface: say it in the changelog, and deprecate before anything goes.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_overloads

from idem_lint.rules import RULES
from idem_runtime import errors
from idem_runtime.operate.cli import COMMANDS
from idem_runtime.settings import Settings
from idem_runtime.telemetry import names
from tests.project import ROOT

COMMITTED = Path(__file__).with_suffix(".txt")
MODULES = ("idem_runtime", "idem_runtime.client", "idem_runtime.testing", "idem_runtime.telemetry")
EXAMPLE = """from fastapi import APIRouter
from idem_runtime import money_moving

router = APIRouter()

@money_moving
@router.post("/wallet/transfers")
def transfer(): ...
"""


def described() -> str:
    """The whole interface."""
    parts = [
        *_modules(),
        *_errors(),
        *_settings(),
        *_rules(),
        *_metrics(),
        *_commands(),
        *_reports(),
        *_columns(),
    ]
    return "\n".join([*parts, ""])


def _modules() -> Iterator[str]:
    for name in MODULES:
        module = import_module(name)
        yield f"\n# {name}"
        for public in sorted(module.__all__):
            yield from _named(public, getattr(module, public))


def _named(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        shapes = get_overloads(value) or [value]
        yield from (
            f"{name}{_signature(shape) if inspect.isfunction(shape) else f' = {shape}'}" for shape in shapes
        )
        return
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    own_init = "__init__" in vars(value) and not getattr(
        value, "_is_protocol", False
    )  # which each Python makes its own way
    yield f"class {name}({bases}){_signature(value.__init__) if own_init else ''}"
    for member, member_value in sorted(vars(value).items()):
        if member.startswith("_"):
            continue
        if isinstance(member_value, staticmethod | classmethod):
            member_value = member_value.__func__
        if isinstance(member_value, property):
            yield f"  {name}.{member}"
        elif inspect.isfunction(member_value):
            yield f"  {name}.{member}{_signature(member_value)}"


def _signature(function: Any) -> str:
    shown = str(inspect.signature(function))
    return re.sub(r"<([\w.]+) object at 0x[0-9a-f]+>", r"<\1>", shown)


def _errors() -> Iterator[str]:
    yield "\n# problem codes: HTTP, gRPC, whether a retry helps"
    known = [value for value in vars(errors).values() if inspect.isclass(value)]
    for error in sorted(known, key=lambda value: value.__name__):
        if issubclass(error, errors.IdempotencyError):
            yield f"{error.__name__}: {error.code} {error.http_status} {error.grpc_status} {error.retriable}"


def _settings() -> Iterator[str]:
    yield "\n# settings, also as IDEM_*"
    for name, field in Settings.model_fields.items():
        default = field.default_factory() if field.default_factory else field.default  # type: ignore[call-arg]
        yield f"{name} = {default!r}"


def _rules() -> Iterator[str]:
    yield "\n# rules"
    for rule in RULES:
        yield f"{rule.code} {rule.name}"


def _metrics() -> Iterator[str]:
    yield "\n# metrics, spans and attributes"
    yield from sorted({value for name, value in vars(names).items() if name.isupper()})


def _commands() -> Iterator[str]:
    yield "\n# idem-runtime: commands and the keys of --format json"
    for name, command in COMMANDS.items():
        yield f"{name}: {' '.join(str(command.json_keys).split())}"


def _reports() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "wallet", "transfers.py")
        file.parent.mkdir()
        file.write_text(EXAMPLE, encoding="utf-8")
        for arguments in (
            ("check", "wallet"),
            ("inventory", "wallet"),
            ("money", "wallet"),
            ("check", "wallet", "--sarif"),
        ):
            form = "sarif" if arguments[-1] == "--sarif" else "json"
            command = [arguments[0], arguments[1], "--format", form]
            done = subprocess.run(
                [sys.executable, "-m", "idem_lint", *command],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            yield f"\n# idem-lint {' '.join(command)}: keys"
            yield from sorted(_keys(json.loads(done.stdout)))


def _keys(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value} | {
            deeper for key, inner in value.items() for deeper in _keys(inner, f"{path}.{key}")
        }
    if isinstance(value, list):
        return {deeper for inner in value for deeper in _keys(inner, f"{path}[]")}
    return set()


def _columns() -> Iterator[str]:
    schema = (ROOT / "idem_runtime" / "sql" / "schema.sql").read_text(encoding="utf-8")
    for table in ("table", "audit"):
        body = re.search(
            rf"CREATE TABLE IF NOT EXISTS \{{{table}\}} \((.*?)^\)", schema, re.DOTALL | re.MULTILINE
        )
        assert body, table
        yield f"\n# columns of the {'records' if table == 'table' else 'decisions'}"
        columns = re.findall(r"^ +([a-z_]+) +(text|timestamptz|jsonb|bytea|uuid)\b", body[1], re.MULTILINE)
        yield from (f"{name} {kind}" for name, kind in columns)


if __name__ == "__main__":
    COMMITTED.write_text(described(), encoding="utf-8")
