"""The cache never changes an answer and never fails a run; a second run judges nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

import idem_lint.judging.project_verdicts
from idem_lint import result_types, run_results
from idem_lint.running import cached_run
from idem_lint.running.project_run import check, config_for, inventory
from idem_lint.running.result_text import decoded, encoded
from idem_lint.source import cache as cache_module
from idem_lint.source import file_hashes
from idem_lint.source.cache import FOLDER, Cache
from tests.lint.front.project import ELSEWHERE, MARKED, UNMARKED, Shell, write

ROUTES = "wallet/routes.py"


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each time that a project is judged."""
    times: list[int] = []
    real = idem_lint.judging.project_verdicts.Project.reports

    def counted(*arguments: object, **options: object) -> object:
        times.append(1)
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(idem_lint.judging.project_verdicts.Project, "reports", counted)
    return times


def age(root: Path) -> None:
    """Make every file old enough that its status alone says that it has not changed."""
    hour_ago = time.time() - 3600
    for path in root.rglob("*.py"):
        os.utime(path, (hour_ago, hour_ago))


def entries(root: Path) -> list[Path]:
    return sorted(path for path in (root / FOLDER).glob("*.json") if path.stem != "files")


def test_a_second_run_judges_nothing_and_says_the_same(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: UNMARKED, "wallet/marked.py": MARKED})
    first, second = shell.run(), shell.run()
    assert first == second
    assert first.findings == ["wallet/routes.py:7 IDM001"]
    assert len(judged) == 1


def test_the_inventory_is_kept_too(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: UNMARKED})
    assert shell.run("inventory") == shell.run("inventory")
    assert len(judged) == 1


def test_no_cache_judges_anew_and_keeps_nothing(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root
    assert [shell.run("--no-cache").findings, shell.run("inventory", "--no-cache").code] == [
        ["wallet/routes.py:7 IDM001"],
        0,
    ]
    shell.run("--no-cache")
    assert len(judged) == 3
    assert not (root / FOLDER).exists()


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: (root / ROUTES).write_text(MARKED),
    "a file's size stays": lambda root: (root / ROUTES).write_text(UNMARKED.replace("post", "put ")),
    "a new file": lambda root: (root / "wallet/more.py").write_text(UNMARKED),
    "a file that is gone": lambda root: (root / ROUTES).unlink(),
    "the configuration": lambda root: (root / "pyproject.toml").write_text(
        "[tool.idem-lint]\nignore = ['IDM001']\n"
    ),
    "a tag": lambda root: (root / "other/project.json").write_text('{"tags": ["scope:wallet"]}'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_the_answer_is_seen(change: Callable[[Path], object], shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED, "wallet/b.py": MARKED, "other/c.py": ELSEWHERE})
    root = shell.root
    before = shell.run()
    change(root)
    after = shell.run()
    assert after == shell.run("--no-cache")
    assert after != before


def test_a_document_that_was_not_there_is_part_of_the_question(shell: Shell) -> None:
    function = "import azure.functions as func\n\n\ndef main(req):\n    return None\n"
    shell.write({"wallet/pay/__init__.py": function})
    root = shell.root
    before = shell.run("inventory")
    described = {"scriptFile": "__init__.py", "bindings": [{"type": "httpTrigger", "methods": ["post"]}]}
    (root / "wallet/pay/function.json").write_text(json.dumps(described))
    after = shell.run("inventory")
    assert after == shell.run("inventory", "--no-cache")
    assert after != before


def test_a_protocol_file_that_is_new_is_part_of_the_question(shell: Shell) -> None:
    service = """\
        import bank_pb2_grpc
        from idem_runtime import money_moving


        class Bank(bank_pb2_grpc.BankServicer):
            @money_moving
            def Transfer(self, request, context):
                return request
    """
    generated = (
        "class BankServicer:\n    def Transfer(self, request, context):\n        raise NotImplementedError\n"
    )
    shell.write({"wallet/bank.py": dedent(service), "wallet/bank_pb2_grpc.py": generated})
    before = shell.run("--select", "IDM201", "--all-domains")
    assert shell.run("--select", "IDM201", "--all-domains") == before
    protocol = """\
        syntax = "proto3";
        service Bank { rpc Transfer (Order) returns (Order); }
        message Order { string id = 1; }
    """
    (shell.root / "protos").mkdir()
    (shell.root / "protos/bank.proto").write_text(dedent(protocol))
    after = shell.run("--select", "IDM201", "--all-domains")
    assert after == shell.run("--select", "IDM201", "--all-domains", "--no-cache")
    assert "IDM201" in after.out
    assert after != before


def test_another_day_is_another_question(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: MARKED})
    shell.run("--today", "2030-01-01")
    shell.run("--today", "2030-01-02")
    assert len(judged) == 2


def test_a_file_that_was_touched_alone_is_read_and_not_judged(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root
    shell.run()
    age(root)
    shell.run()
    assert len(judged) == 1


def test_an_old_file_is_not_read_again(
    shell: Shell, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: UNMARKED})
    monkeypatch.setattr(file_hashes, "_SETTLED", -3_600_000_000_000)
    shell.run()
    monkeypatch.setattr(file_hashes, "_hash", lambda _: pytest.fail("read"))
    shell.run()
    assert len(judged) == 1


def spoiled(text: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        for path in (root / FOLDER).glob("*.json"):
            path.write_text(text)

    return spoil


def not_text(root: Path) -> None:
    for path in entries(root):
        path.write_bytes(b"\xff\0")


def folder_for_entry(root: Path) -> None:
    for path in entries(root):
        path.unlink()
        path.mkdir()


def file_for_folder(root: Path) -> None:
    shutil.rmtree(root / FOLDER)
    (root / FOLDER).write_text("")


BROKEN: dict[str, Callable[[Path], None]] = {
    "cut short": spoiled('[{"a'),
    "no text": not_text,
    "an empty list": spoiled("[]"),
    "a number": spoiled("1"),
    "another version's": spoiled('[{}, ["NoSuchType", 1]]'),
    "fields that are not there": spoiled('[{}, ["Finding", 1]]'),
    "deeper than Python's stack": spoiled("[" * 50_000),
    "a folder in place of an entry": folder_for_entry,
    "a file in place of the folder": file_for_folder,
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_broken_cache_changes_no_answer(spoil: Callable[[Path], None], shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root
    first = shell.run()
    spoil(root)
    assert shell.run() == shell.run() == first


def test_a_table_of_hashes_that_is_broken_in_part_is_read_past(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root
    first = shell.run()
    (root / FOLDER / "files.json").write_text(json.dumps({str(root / ROUTES): [1]}))
    assert shell.run() == first


def test_a_file_is_read_once_in_a_run(tmp_path: Path) -> None:
    hashes = file_hashes.FileHashes(Cache(tmp_path))
    path = tmp_path / "routes.py"
    path.write_text(UNMARKED)
    first = hashes.of(str(path))
    path.write_text(MARKED)
    assert hashes.of(str(path)) == first
    assert not hashes.are_still()


def test_a_folder_that_is_called_as_a_document_changes_no_answer(shell: Shell, judged: list[int]) -> None:
    shell.write({ROUTES: UNMARKED, "wallet/project.json/notes.txt": ""})
    assert shell.run() == shell.run()
    assert len(judged) == 1


def test_a_folder_that_cannot_be_written_changes_no_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "mkdir", refuse)
    assert shell.run().findings == ["wallet/routes.py:7 IDM001"]
    assert not (root / FOLDER).exists()


def test_the_folder_says_that_it_is_a_cache_and_git_ignores_it(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    root = shell.root
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    shell.run()
    assert (
        (root / FOLDER / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )
    status = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=root, check=True, capture_output=True, text=True
    )
    assert FOLDER not in status.stdout


def test_the_folder_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path)
    for number in range(45):
        kept.put(str(number), "x")
        os.utime(tmp_path / FOLDER / f"{number}.json", (number, number))
    assert len(entries(tmp_path)) == cache_module._MAX_ENTRIES
    monkeypatch.setattr(cache_module, "_MAX_BYTES", 10)
    kept.put("large", "x" * 100)
    assert [path.stem for path in entries(tmp_path)] == ["large"]


def test_nothing_is_kept_at_the_root_of_the_file_system() -> None:
    kept = Cache(Path("/"))
    kept.put("a", 1)
    assert kept.get("a") is None
    with kept.alone("a"):
        assert not Path("/", FOLDER).exists()


def test_an_answer_about_files_that_changed_meanwhile_is_not_kept(tmp_path: Path) -> None:
    root = write(tmp_path, {ROUTES: UNMARKED})
    path, config = root / ROUTES, config_for([root])
    assert cached_run.kept("x", config, [], [path], lambda: path.write_text(MARKED)) == len(MARKED)
    assert entries(root) == []


def test_many_runs_at_once_say_the_same(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {ROUTES: UNMARKED})
    command = [sys.executable, "-m", "idem_lint"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    running = [
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
    assert not list((root / FOLDER).glob("*.tmp"))


def test_every_result_is_the_same_after_the_cache(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED, "wallet/b.py": MARKED, "wallet/c.py": "def f(:\n"})
    root = shell.root
    config = config_for([root])
    for result in (check([root], config, is_cached=False), inventory([root], config, is_cached=False)):
        assert decoded(json.loads(json.dumps(encoded(result)))) == result
    assert decoded(encoded(frozenset({"b", "a"}))) == frozenset({"a", "b"})
    with pytest.raises(TypeError):
        encoded(object())
    with pytest.raises(KeyError):
        decoded(["Any"])
    assert result_types is not run_results


PIECES = [
    UNMARKED,
    MARKED,
    "x = 1\n",
    "def f(:\n",
    "from wallet.routes import router\n",
    UNMARKED.replace("post", "get"),
    "from idem_runtime import money_moving\n\n\ndef guarded(function):\n    return money_moving(function)\n",
    UNMARKED.replace("from fastapi", "from common.marks import guarded\nfrom fastapi").replace(
        "def transfer", "@guarded\ndef transfer"
    ),
]


def test_after_any_edits_the_answer_is_that_of_a_cold_run(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED, "common/__init__.py": "", "common/marks.py": PIECES[6]})
    root = shell.root
    chance = random.Random(7)
    for _ in range(12):
        name = chance.choice([ROUTES, "wallet/b.py", "common/marks.py", "other/c.py"])
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(chance.choice(PIECES))
        assert shell.run() == shell.run("--no-cache")


def test_of_two_runs_at_once_one_judges_and_the_other_waits_for_its_answer(
    tmp_path: Path, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {ROUTES: UNMARKED})
    config = config_for([tmp_path])
    is_judging, has_looked = threading.Event(), threading.Event()
    reports, get = idem_lint.judging.project_verdicts.Project.reports, Cache.get

    def slow(*arguments: object, **options: object) -> object:
        is_judging.set()
        assert has_looked.wait(60)
        return reports(*arguments, **options)  # type: ignore[arg-type]

    def looked(cache: Cache, name: str) -> object:
        answer: object = get(cache, name)
        if threading.current_thread() is second and name != "files":
            has_looked.set()
        return answer

    monkeypatch.setattr(idem_lint.judging.project_verdicts.Project, "reports", slow)
    monkeypatch.setattr(Cache, "get", looked)
    results: list[object] = []
    first, second = (
        threading.Thread(target=lambda: results.append(check([tmp_path], config))) for _ in range(2)
    )
    first.start()
    assert is_judging.wait(60)
    second.start()
    first.join(60)
    second.join(60)
    assert len(judged) == 1
    assert results[0] == results[1]


@pytest.mark.parametrize("is_missing", [True, False], ids=["no locks at all", "a file system without locks"])
def test_without_locks_nobody_waits(
    is_missing: bool, shell: Shell, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: UNMARKED})
    if is_missing:
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        fcntl = pytest.importorskip("fcntl")
        monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError("no locks available")))
    assert shell.run() == shell.run()
    assert len(judged) == 1


def test_a_folder_that_another_run_is_making_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path).put("a", 1)
    monkeypatch.setattr(os.path, "isdir", lambda _: False)
    Cache(tmp_path).put("b", 2)
    assert Cache(tmp_path).get("b") == 2
