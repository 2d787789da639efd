"""What the linter wants marked among RPCs is what the runtime takes when it is marked, and asks for when it is not."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import idem_lint.cli

ROOT = Path(__file__).parents[4]
CASES = sorted((ROOT / "tests/lint/cases/grpc").glob("*/expected.json"))
OPT_OUT = '@not_money_moving(reason="streams")'
QUICK = ("servicers", "generic")
"""The others are of the same kind."""
FUTURE = "from __future__ import annotations"

MAIN = """
import json, os, sys, warnings
sys.path[:0] = [sys.argv[1], sys.argv[2]]
warnings.simplefilter("ignore")
import grpc
from grpc import aio
from idem_runtime import Idempotency
from idem_runtime.adapters.grpc.hook import _Details
servers = []

def installing(make):
    def made(*args, **kwargs):
        server = make(*args, **kwargs)
        idem = Idempotency("postgresql://nowhere/x", principal=lambda context: "alice")
        idem.install(server, without_connection="warn", require_marks=json.loads(sys.argv[3]))
        servers.append(server)
        return server
    return made

grpc.server, aio.server = installing(grpc.server), installing(aio.server)
grpc.aio.server = aio.server
import app
(server,) = servers
for handler in server._state.generic_handlers if hasattr(server, "_state") else ():
    handler._service(_Details("/bank.Wallet/Transfer"))
server._idem.complete()
print(json.dumps(sorted(m.behaviour.__qualname__ if hasattr(m.behaviour, "__qualname__") else "partial"
    for m in server._idem._methods.values() if m.mark is not None)))
sys.stdout.flush()
os._exit(0)  # a server that never serves
"""


def serve(folder: Path, require_marks: list[str]) -> Any:
    """The marked methods of the case's server, or what it was refused for."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN, str(folder), str(ROOT), json.dumps(require_marks)],
        capture_output=True,
        text=True,
        timeout=180,
    )
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def demanded(folder: Path) -> list[tuple[Path, int]]:
    """The places at which the linter wants a mark that is not there, the last ones first."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        idem_lint.cli.main(["--format", "json", "--select", "IDM001", str(folder)])
    findings = json.loads(written.getvalue())["findings"]
    return sorted({(Path(finding["file"]), finding["line"]) for finding in findings}, reverse=True)


def mark(file: Path, line: int) -> None:
    """Put onto what stands there the mark that it can carry: a stream can only be opted out."""
    lines = file.read_text().splitlines()
    written = lines[line - 1]
    if "lambda" in written:
        lines[line - 1] = re.sub(r"lambda.*request", lambda found: f"money_moving({found[0]})", written)
    else:
        indent = written[: len(written) - len(written.lstrip())]
        streams = re.search(r"def (Statement|Upload|stream)\b", written)
        decorator = OPT_OUT if streams else f"@money_moving(operation='{file.stem} {line}')"
        lines.insert(line - 1, indent + decorator)
    file.write_text("\n".join(lines))


def marked(case: Path, folder: Path) -> int:
    """A copy of ``case`` in which everything that the linter wants marked is; how many places that were."""
    shutil.copytree(case.parent, folder, dirs_exist_ok=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'case'\n")
    places = demanded(folder)
    for file, line in places:
        mark(file, line)
    for file in (folder / "wallet").glob("*.py"):
        text = re.sub(r"@money_moving\n(?=    def Upload)", OPT_OUT + "\n", file.read_text())
        file.write_text(
            text.replace(FUTURE, f"{FUTURE}\nfrom idem_runtime import money_moving, not_money_moving")
        )
    assert demanded(folder) == []
    return len(places)


def names(cases: list[Path]) -> list[str]:
    return [case.parent.name for case in cases]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if case.parent.name in QUICK else pytest.mark.exhaustive) for case in CASES],
    ids=names(CASES),
)
def test_what_the_linter_wants_marked_the_runtime_takes_when_it_is(case: Path, tmp_path: Path) -> None:
    places = marked(case, tmp_path)
    assert places > 0
    served = serve(tmp_path, ["wallet", "ledger"])
    assert isinstance(served, list), served
    assert len(served) >= places


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_what_the_linter_wants_marked_the_runtime_asks_for(case: Path) -> None:
    assert "not marked @money_moving or @not_money_moving(reason=" in serve(case.parent, ["wallet", "ledger"])
