"""``python -m benchmarks.lint.server_latency``: how long after a change an editor has the findings of the open file.

A client speaks to ``idem-lint server`` as an editor does. In a generated service (a fifth of its packages are money; routes,
services, models, schemas, helpers), it changes one file and waits for what is published about that version; the pause that
the server waits for more typing is in it. Then the time until the whole project has been judged anew after a save, which is
seen at a finding in another file. Prints; writes nothing that git tracks; asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = (100, 1000)
ROUTES = """from fastapi import APIRouter, Depends
from idem_runtime import money_moving, not_money_moving
from shop.{name}.service import {cls}Service, get_service
from shop.{name}.schemas import {cls}Request, {cls}Out

router = APIRouter(prefix="/{name}")


@router.post("/create")
@money_moving
def create(body: {cls}Request, service: {cls}Service = Depends(get_service)) -> {cls}Out:
    return service.create(body)


@router.post("/preview")
@not_money_moving(reason="computes, writes nothing")
def preview(body: {cls}Request, service: {cls}Service = Depends(get_service)) -> {cls}Out:
    return service.preview(body)


@router.get("/{{item}}")
def show(item: int, service: {cls}Service = Depends(get_service)) -> {cls}Out:
    return service.show(item)
"""
SERVICE = """from sqlalchemy.orm import Session
from shop.{name}.models import {cls}, Account
from shop.{name}.schemas import {cls}Request, {cls}Out
from shop.database import session


class {cls}Service:
    def __init__(self, db: Session) -> None:
        self.db = db

    def create(self, body: {cls}Request) -> {cls}Out:
        row = {cls}(amount=body.amount, account_id=body.account)
        self.db.add(row)
        account = self.db.get(Account, body.account)
        account.balance -= body.amount
        self.db.flush()
        return {cls}Out(id=row.id, amount=row.amount)

    def preview(self, body: {cls}Request) -> {cls}Out:
        return {cls}Out(id=0, amount=body.amount)

    def show(self, item: int) -> {cls}Out:
        row = self.db.get({cls}, item)
        return {cls}Out(id=row.id, amount=row.amount)


def get_service() -> {cls}Service:
    return {cls}Service(session())
"""
MODELS = """from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "{name}_accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


class {cls}(Base):
    __tablename__ = "{name}"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("{name}_accounts.id"))
"""
SCHEMAS = """from pydantic import BaseModel


class {cls}Request(BaseModel):
    amount: int
    account: int


class {cls}Out(BaseModel):
    id: int
    amount: int
"""
HELPER = "import logging\n\nlogger = logging.getLogger(__name__)\n" + "".join(
    f"\n\ndef helper_{number}(value: int, *, factor: int = {number}) -> int:\n"
    f"    result = value * factor\n    if result > 100:\n        logger.info('large %s', result)\n"
    f"    for index in range(3):\n        result += index * {number}\n    return result\n"
    for number in range(15)
)
DATABASE = "from sqlalchemy.orm import Session\n\n\ndef session() -> Session:\n    return Session()\n"
UNMARKED = '\n\n@router.post("/again")\ndef again_{number}(body: int) -> int:\n    return body\n'


def service(folder: Path, count: int) -> Path:
    """A service of about so many files."""
    package = folder / f"service-{count}" / "shop"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text("[tool.idem-lint]\n")
    (package / "__init__.py").touch()
    (package / "database.py").write_text(DATABASE)
    names = []
    for number in range(max((count - 3) // 10, 2)):
        name, cls = ("wallet", "Transfer") if number % 5 == 0 else ("catalog", "Item")
        name, cls = f"{name}_{number}", f"{cls}{number}"
        names.append(name)
        (package / name).mkdir()
        (package / name / "__init__.py").touch()
        for file, text in (
            ("routes", ROUTES),
            ("service", SERVICE),
            ("models", MODELS),
            ("schemas", SCHEMAS),
        ):
            (package / name / f"{file}.py").write_text(text.format(name=name, cls=cls))
        for helper in range(5):
            (package / name / f"helper_{helper}.py").write_text(HELPER)
    imports = "".join(f"from shop.{name}.routes import router as {name}_router\n" for name in names)
    includes = "".join(f"app.include_router({name}_router)\n" for name in names)
    (package / "app.py").write_text(f"from fastapi import FastAPI\n{imports}\napp = FastAPI()\n{includes}")
    return package.parent


class Client:
    """Speaks the protocol: as little as an editor says at the least."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.published: dict[str, tuple[int | None, int]] = {}
        self.is_shut_down = False
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, root: Path) -> Client:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "idem_lint", "server", stdin=pipe, stdout=pipe, limit=2**24
        )
        client = cls(process)
        folders = [{"uri": root.as_uri(), "name": root.name}]
        client.send(
            "initialize",
            {"processId": os.getpid(), "capabilities": {}, "workspaceFolders": folders},
            number=1,
        )
        await asyncio.sleep(0.5)
        client.send("initialized", {})
        return client

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({"id": number} if number else {})}
        content = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)

    async def _read(self) -> None:
        stream = self.process.stdout
        while head := await stream.readline():
            size = int(head.split(b":")[1])
            while (await stream.readline()).strip():
                pass
            message = json.loads(await stream.readexactly(size))
            if message.get("id") == 2:
                self.is_shut_down = True
                self._tell()
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                self.published[params["uri"]] = params.get("version"), len(params["diagnostics"])
                self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, what: Callable[[], bool], patience: float = 120) -> None:
        async with asyncio.timeout(patience):
            while not what():
                await self._news.wait()

    async def stop(self) -> None:
        self.send("shutdown", None, number=2)
        await self.until(lambda: self.is_shut_down)
        self.send("exit", None)
        await self.process.wait()


async def measure(root: Path, changes: int) -> None:
    routes = root / "shop" / "wallet_0" / "routes.py"
    text, uri = routes.read_text(), routes.as_uri()
    other = root / "shop" / "wallet_0" / "service.py"
    started = time.perf_counter()
    client = await Client.start(root)
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    client.send("textDocument/didOpen", {"textDocument": document})
    await client.until(lambda: client.published.get(uri, (None,))[0] == 1)
    print(f"  from the start to the open file's findings     {time.perf_counter() - started:6.2f} s")
    version, times = 1, []
    for number in range(changes):
        version += 1
        changed = f"{text}{UNMARKED.format(number=number)}"
        sent = time.perf_counter()
        client.send(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": changed}]},
        )
        await client.until(lambda wanted=(version, 1): client.published[uri] == wanted)
        times.append(time.perf_counter() - sent)
        await asyncio.sleep(0.1 if number % 10 else 2)  # now and then the whole project is judged meanwhile
    times.sort()
    print(
        f"  from a change to the open file's findings      {statistics.median(times) * 1000:6.0f} ms median, "
        f"{times[int(len(times) * 0.95)] * 1000:.0f} ms 95 %, {times[-1] * 1000:.0f} ms at most, of {changes}"
    )
    waits = []
    for moves in (True, False, True):
        body = SERVICE.format(name="wallet_0", cls="Transfer0")
        service_text = body.replace(
            "        return Transfer0Out(id=0", "        self.create(body)\n        return Transfer0Out(id=0"
        )
        before = client.published[uri][1]
        other.write_text(service_text if moves else body)
        sent = time.perf_counter()
        client.send("workspace/didChangeWatchedFiles", {"changes": [{"uri": other.as_uri(), "type": 2}]})
        await client.until(lambda before=before: client.published[uri][1] != before)
        waits.append(time.perf_counter() - sent)
    print(
        f"  from a save to what follows in another file    {statistics.median(waits):6.2f} s median of {len(waits)}"
    )
    for name, size in memory(client.process.pid):
        print(f"  memory of {name:<38}{size:6.0f} MB")
    await client.stop()


def memory(pid: int) -> list[tuple[str, float]]:
    """The resident memory of the server and its workers, in MB, where /proc has it."""
    if not Path("/proc").exists():
        return []
    tasks = Path(f"/proc/{pid}/task").iterdir()
    workers = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    names = ["the process that speaks", "the worker for the open file", "the worker for the project"]
    own, *others = (int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in (pid, *workers))
    pages = [own, *sorted(others)]
    return [
        (name, count * os.sysconf("SC_PAGESIZE") / 2**20) for name, count in zip(names, pages, strict=False)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what somebody waits for who types.")
    parser.add_argument("--changes", type=int, default=50, help="changes of the open file (default: 50)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="files of the services")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="idem-server-") as folder:
        for size in options.sizes:
            root = service(Path(folder), size)
            print(f"{sum(1 for _ in root.rglob('*.py'))} files")
            asyncio.run(measure(root, options.changes))


if __name__ == "__main__":
    main()
