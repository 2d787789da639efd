"""``python benchmarks/money_map.py``: how well the linter tells which handlers move money, on packages that others wrote.

The labels are ``tests/lint/money_corpus/labels.toml``; the packages come from PyPI into a folder of the user's cache, unpacked and
never imported. ``idem-lint money`` is asked as a user would ask it, in every domain (where there is no such command, the inventory). Beside its
answer stand the words of names and routes, which need no analysis. Recall and precision are printed for each half and kind, and how often the
labelled line is among those that are said to write. Misses and false alarms are listed for the half that may be tuned on and for what
was rotated into it; ``--reveal`` lists the other half's too, which can be looked at once. Prints; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "tests/lint/money_corpus/labels.toml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "idem-guard" / "money-corpus"
KINDS = ("direct", "external", "instruction", "proxy")
HALVES = ("tune", "held-out")
ROTATED = (
    "rotated",
    "rotated-outside",
    "services-1",
    "services-2",
    "services-3",
    "services-4",
    "services-5",
    "services-6",
)
"""Packages that were new when they were labelled and measured, and looked into after that."""
NEAR = 4
NAMES = """
    pay pays paid paying payer payment payments payout payouts payroll paylater refund refunds refunded charge charges transfer
    transfers transaction transactions deposit deposits withdraw withdrawal withdrawals disburse disbursement disbursements settle
    settlement settlements credit credits debit debits balance balances wallet wallets ledger ledgers journal topup purchase
    checkout capture donate donation donations reverse reversal escrow bill bills billing invoice invoices redeem send swap mint
    melt
"""
WORDS = frozenset(NAMES.split())
"""What a reader of names alone would look for."""


@dataclass(frozen=True)
class Label:
    package: str
    half: str
    file: str
    line: int
    qualname: str
    moves: bool
    kind: str
    sink: str
    reason: str

    @property
    def place(self) -> str:
        return f"{self.package}: {self.file}:{self.line} {self.qualname}"


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    half: str
    batch: int
    labels: tuple[Label, ...]

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Judged:
    """A label, and what the linter has of its handler (``None`` where it finds no handler there)."""

    label: Label
    handler: dict[str, Any] | None


def main() -> None:
    parser = argparse.ArgumentParser(description="Hold the money map against handlers that people labelled.")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help=f"where packages are kept (default: {CACHE})"
    )
    parser.add_argument("--package", action="append", help="only this package; may be given several times")
    parser.add_argument("--half", choices=(*HALVES, *ROTATED), help="only this part")
    parser.add_argument(
        "--reveal", action="store_true", help="list misses and false alarms of the held-out half as well"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="packages judged at a time")
    parser.add_argument("--json", type=Path, help="write what was predicted of each label to this file")
    options = parser.parse_args()
    packages = [
        package
        for package in labelled()
        if (not options.package or package.name in options.package)
        and (not options.half or package.half == options.half)
    ]
    started = time.perf_counter()
    for package in packages:
        fetch(package, options.cache)
    fetched = time.perf_counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        answers = pool.map(partial(judge, folder=options.cache), packages)
        judged = [item for items in answers for item in items]
    print(
        f"{len(packages)} packages, {len(judged)} handlers, {sum(item.label.moves for item in judged)} move money; "
        f"fetched in {fetched - started:.0f} s, judged in {time.perf_counter() - fetched:.0f} s"
    )
    if options.json:
        options.json.write_text(json.dumps([as_json(item) for item in judged], indent=1), encoding="utf-8")
    lost = [item for item in judged if item.handler is None]
    print(f"not in the inventory: {len(lost)}")
    for item in lost:
        print(f"  {item.label.place}")
    report("words in name and route", judged, says_money)
    if not any(item.handler and "writes" in item.handler for item in judged):
        print("\nthe inventory has no `writes`: only the words could be measured")
        return
    report("writes money: a write was found", judged, finds)
    report("writes money, or signs say so", judged, writes)
    report("writes money, or is named like it", judged, writes_or_is_named)
    hits = [
        item
        for item in judged
        if item.label.half in HALVES
        and item.label.moves
        and item.handler is not None
        and writes(item.handler)
    ]
    print(
        f"\nthe labelled line is among the writes: {share([item for item in hits if is_at_the_line(item)], hits)}"
    )
    for half in (*(HALVES if options.reveal else HALVES[:1]), *ROTATED):
        list_errors(half, judged)


def labelled() -> list[Package]:
    tables = tomllib.loads(LABELS.read_text(encoding="utf-8"))["package"]
    return [
        Package(
            table["name"],
            table["version"],
            table["half"],
            table["batch"],
            tuple(
                Label(
                    table["name"],
                    table["half"],
                    row["file"],
                    row["line"],
                    row["qualname"],
                    row["moves"],
                    row.get("kind", ""),
                    row.get("sink", ""),
                    row["reason"],
                )
                for row in table["handlers"]
            ),
        )
        for table in tables
    ]


def fetch(package: Package, folder: Path) -> None:
    """Downloads and unpacks what is not there yet; a wheel where there is one, else the source archive."""
    target = folder / "src" / package.folder
    if target.exists():
        return
    downloads = folder / "downloads" / package.folder
    wanted = f"{package.name}=={package.version}"
    download = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(downloads),
        wanted,
    ]
    wheel = ["--only-binary=:all:", "--python-version", "3.12"]
    said = ""
    for further in (wheel, []):
        if not archives(downloads):
            said = subprocess.run([*download, *further], check=False, capture_output=True, text=True).stderr
    if not archives(downloads):
        sys.exit(f"{wanted} cannot be downloaded\n{said}")
    [archive] = archives(downloads)
    partial = target.with_name(f"{target.name}.partial")
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as file:
            file.extractall(partial)
    else:
        with tarfile.open(archive) as file:
            file.extractall(partial, filter="data")
    partial.rename(target)


def archives(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def judge(package: Package, folder: Path) -> list[Judged]:
    done = idem_lint([command(), "--format", "json", "--all-domains", "."], folder / "src" / package.folder)
    if done.returncode not in (0, 1):
        sys.exit(f"{package.name}: {done.stderr[-2000:]}")
    handlers = json.loads(done.stdout)["handlers"]
    by_name: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for handler in handlers:
        by_name.setdefault((handler["file"], handler["qualname"]), []).append(handler)
    return [
        Judged(label, nearest(label, by_name.get((label.file, label.qualname), [])))
        for label in package.labels
    ]


def idem_lint(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "idem_lint", *arguments],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@cache
def command() -> str:
    """``money`` where this version has it: anything else would be taken for a path."""
    usage = idem_lint(["money", "--help"], ROOT).stdout
    return "money" if usage.startswith("usage: idem-lint money") else "inventory"


def nearest(label: Label, handlers: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The handler at the label's line; a file may have several of one name."""
    return min(handlers, key=lambda handler: abs(handler["line"] - label.line), default=None)


def says_money(handler: dict[str, Any]) -> bool:
    """A word of its qualified name or of its routes is one for money."""
    routes: list[str | None] = handler.get("routes") or [handler.get("route")]
    text = " ".join([handler["qualname"], *(route or "" for route in routes)])
    return not WORDS.isdisjoint(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text))


def writes(handler: dict[str, Any]) -> bool:
    return bool(handler.get("writes"))


def finds(handler: dict[str, Any]) -> bool:
    """A write was found: not only signs that speak for one."""
    return any(write["kind"] != "signs" for write in handler.get("writes") or ())


def writes_or_is_named(handler: dict[str, Any]) -> bool:
    """The second tier is the linter's own where it has one, else the words."""
    named: bool = handler["moves"] == "named" if "moves" in handler else says_money(handler)
    return named or writes(handler)


def is_at_the_line(item: Judged) -> bool:
    """One of the writes stands where the label says, give or take the lines of a statement."""
    file, _, line = item.label.sink.rpartition(":")
    found: list[dict[str, Any]] = item.handler["writes"] if item.handler else []
    return any(write["file"] == file and abs(write["line"] - int(line)) <= NEAR for write in found)


def report(title: str, judged: list[Judged], predicts: Callable[[dict[str, Any]], bool]) -> None:
    print(f"\n{title}")
    print(f"  {'half':<15} {'recall':>14} {'precision':>14}   recall by kind")
    for half in (*HALVES, "both", *ROTATED):
        is_both = half == "both"
        chosen = [item for item in judged if item.label.half in (HALVES if is_both else (half,))]
        hits = [item for item in chosen if item.handler is not None and predicts(item.handler)]
        moving = [item for item in chosen if item.label.moves]
        right = [item for item in hits if item.label.moves]
        kinds = "  ".join(
            f"{kind} {share(of_kind(right, kind), of_kind(moving, kind))}"
            for kind in KINDS
            if of_kind(moving, kind)
        )
        print(f"  {half:<15} {share(right, moving):>14} {share(right, hits):>14}   {kinds}")


def list_errors(half: str, judged: list[Judged]) -> None:
    chosen = [item for item in judged if item.label.half == half]
    print(f"\nmissed ({half})")
    for item in chosen:
        if item.label.moves and not (item.handler and writes(item.handler)):
            named = (
                "named like money"
                if item.handler and writes_or_is_named(item.handler)
                else "not even by its name"
            )
            print(
                f"  {item.label.kind}: {item.label.place}  ->  {item.label.sink}  ({item.label.reason}; {named})"
            )
    print(f"\nfalse alarms ({half})")
    for item in chosen:
        if not item.label.moves and item.handler and writes(item.handler):
            print(f"  {item.label.place}  ({item.label.reason})  {first_write(item.handler)}")


def of_kind(items: Iterable[Judged], kind: str) -> list[Judged]:
    return [item for item in items if item.label.kind == kind]


def share(part: list[Judged], whole: list[Judged]) -> str:
    return f"{len(part) / len(whole):.2f} ({len(part)}/{len(whole)})" if whole else "-"


def first_write(handler: dict[str, Any]) -> str:
    """Where the first write was seen, and through which functions."""
    write = handler["writes"][0]
    steps = " -> ".join(step["qualname"] for step in write.get("chain", []))
    return f"{write.get('kind')} {write.get('sink')} at {write.get('file')}:{write.get('line')} by {steps}"


def as_json(item: Judged) -> dict[str, Any]:
    handler = item.handler
    return {
        "package": item.label.package,
        "half": item.label.half,
        "file": item.label.file,
        "line": item.label.line,
        "qualname": item.label.qualname,
        "moves": item.label.moves,
        "kind": item.label.kind,
        "found": handler is not None,
        "words": handler is not None and says_money(handler),
        "writes": handler.get("writes") if handler else None,
    }


if __name__ == "__main__":
    main()
