"""The language server with a real client: pygls' own, which starts it as an editor does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lint.front.project import ABOVE, BROKEN, ELSEWHERE, MARKED, UNMARKED, write
from tests.lint.server.editor import COMMAND, Editor, path_of, run
from tests.lint.server.projects import DJANGO

pytestmark = pytest.mark.slow  # each starts three processes

LEDGER = """\
from idem_runtime import ledger_write


@ledger_write
def post_entry(amount: int) -> None:
    raise NotImplementedError
"""
SERVICE = """\
from wallet.ledger import post_entry


def pay(amount: int) -> None:
    post_entry(amount)
"""
HARMLESS = "def pay(amount: int) -> None:\n    return None\n"
LIE = (
    UNMARKED.replace(
        "APIRouter\n",
        "APIRouter\n\nfrom idem_runtime import not_money_moving\nfrom wallet.service import pay\n",
        1,
    )
    .replace("def transfer", '@not_money_moving(reason="a quote")\ndef transfer')
    .replace("    return", "    pay(amount)\n    return")
)
BANK = {"wallet/ledger.py": LEDGER, "wallet/service.py": SERVICE, "wallet/routes.py": LIE}
FAULTS = """\
import os, sys, time
if "idem_lint.server.worker" in sys.orig_argv:
    from idem_lint.server.analysis import Analysis

    real = Analysis.answer

    def answer(self, job):
        print("noise")
        text = "".join(job.scene.buffers.values())
        if "# raise" in text:
            raise RuntimeError("boom")
        if "# die" in text:
            os._exit(3)
        if "# hang" in text:
            time.sleep(30)
        return real(self, job)

    Analysis.answer = answer
"""


def faulty(folder: Path, faults: str = FAULTS) -> dict[str, str]:
    """An environment where workers fail when a text asks for it, and print to their standard output."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(faults)
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


LATE = """\
import pathlib, sys, time
if "idem_lint.server.worker" in sys.orig_argv:
    from idem_lint.server.analysis import Analysis
    from idem_lint.server.messages import ChooseReach, JudgeProject

    real = Analysis.answer
    held = pathlib.Path(__file__).with_name("held")

    def answer(self, job):
        found = real(self, job)
        if isinstance(job, ChooseReach):
            held.with_name("reached").touch()
        if isinstance(job, JudgeProject):
            while held.exists():
                held.with_name("waits").touch()
                time.sleep(0.01)
        return found

    Analysis.answer = answer
"""


async def made(path: Path) -> None:
    """Wait until another process has made a file."""
    while not path.exists():  # noqa: ASYNC110, ASYNC240 - nothing tells of it, and it is asked in no time
        await asyncio.sleep(0.01)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_what_is_typed_is_judged_before_it_is_saved(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": MARKED, "wallet/other.py": UNMARKED})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        await editor.shows(root / "wallet" / "other.py", "IDM001")
        editor.type(routes, UNMARKED)
        (finding,) = await editor.shows(routes, "IDM001")
        assert finding.range == types.Range(types.Position(6, 4), types.Position(6, 12))
        assert finding.source == "idem-lint"
        assert finding.severity == types.DiagnosticSeverity.Error
        assert "\nfix: put @money_moving" in finding.message
        editor.type(routes, MARKED)
        await editor.shows(routes)

    run(scenario)


def test_the_newest_version_wins(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": MARKED})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        for number in range(30):
            editor.type(routes, f"{UNMARKED if number % 2 else MARKED}\n# {number}\n")
        await editor.until(lambda: routes in editor.published and editor.published[routes].version == 31)
        await editor.shows(routes, "IDM001")

    run(scenario)


def test_the_way_to_the_write_is_shown_as_related_places(tmp_path: Path) -> None:
    root = write(tmp_path / "project", BANK)
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        (finding,) = await editor.shows(routes, "IDM101")
        steps = [
            (path_of(each.location.uri).name, each.location.range.start.line, each.message.partition(" ")[0])
            for each in finding.related_information or ()
        ]
        assert steps == [
            ("routes.py", 11, "1."),
            ("service.py", 4, "2."),
            ("ledger.py", 4, "3."),
        ] or steps == [
            ("routes.py", 11, "1."),
            ("service.py", 4, "2."),
        ]

    run(scenario)


def test_an_editor_that_shows_no_related_places_gets_them_in_words(tmp_path: Path) -> None:
    root = write(tmp_path / "project", BANK)

    async def scenario(editor: Editor) -> None:
        await editor.start(root, related=False)
        (finding,) = await editor.shows(root / "wallet" / "routes.py", "IDM101")
        assert finding.related_information is None
        assert "(wallet/service.py:5)" in finding.message

    run(scenario)


def test_other_files_see_what_is_typed_in_one(tmp_path: Path) -> None:
    root = write(tmp_path / "project", BANK)
    routes, service = root / "wallet" / "routes.py", root / "wallet" / "service.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        await editor.shows(routes, "IDM101")
        editor.open(service)
        editor.type(service, HARMLESS)
        await editor.shows(routes)
        editor.close(service)  # unsaved: what is on disk counts again
        await editor.shows(routes, "IDM101")

    run(scenario)


def test_a_file_that_cannot_be_parsed_leaves_the_others_their_findings(tmp_path: Path) -> None:
    root = write(tmp_path / "project", BANK)
    routes, service = root / "wallet" / "routes.py", root / "wallet" / "service.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(service)
        editor.open(routes)
        await editor.shows(routes, "IDM101")
        editor.type(service, SERVICE + BROKEN)
        await editor.shows(service, "IDM900")
        editor.type(routes, LIE + "\n# looked at anew\n")
        await editor.until(lambda: editor.published[routes].version == 2)
        await editor.shows(routes, "IDM101")
        editor.type(service, SERVICE)
        await editor.shows(service)
        assert editor.codes(routes) == ["IDM101"]

    run(scenario)


@pytest.mark.processes_not_measured
@pytest.mark.parametrize("start", ["Mark as @money_moving", "Mark as @not_money_moving", "Silence IDM001"])
def test_an_action_ends_the_finding(start: str, tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        (finding,) = await editor.shows(routes, "IDM001")
        assert await editor.actions(routes, 0) == []
        actions = await editor.actions(routes, 6)
        assert [each.title.partition(" (")[0].partition(",")[0] for each in actions] == [
            "Mark as @money_moving",
            "Mark as @not_money_moving",
            "Silence IDM001 with # noqa and a reason to write",
        ]
        assert [each.title for each in actions if each.is_preferred] == [actions[1].title]
        (action,) = [each for each in actions if each.title.startswith(start)]
        assert list(action.diagnostics or ()) == [finding]
        text = editor.apply(action, routes)
        assert len(text.splitlines()) <= len(UNMARKED.splitlines()) + 4
        # The reason of the opt-out is still to be written.
        await editor.shows(routes, *(["IDM013"] if "not_money_moving" in start else []))

    run(scenario)


def test_marks_in_the_wrong_place_are_moved(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": ABOVE})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        await editor.shows(routes, "IDM003")
        line = editor.published[routes].diagnostics[0].range.start.line
        fix, _ = await editor.actions(routes, line, [types.CodeActionKind.QuickFix])
        assert fix.title.startswith("IDM003: `money_moving` now stands directly above")
        (everything,) = await editor.actions(routes, 0, ["source.fixAll"])
        assert everything.kind == "source.fixAll.idem-lint"
        assert editor.apply(everything, routes) == MARKED
        await editor.shows(routes)
        assert await editor.actions(routes, 0, ["source.fixAll"]) == []

    run(scenario)


def test_hover_explains_marks_and_handlers(tmp_path: Path) -> None:
    text = LIE.replace("import not_money_moving", "import not_money_moving as harmless").replace(
        "@not_money", "@harmless", 1
    )
    text = text.replace("@harmless_moving", "@harmless")
    root = write(tmp_path / "project", {**BANK, "wallet/routes.py": text})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        lines = text.splitlines()
        mark = await editor.hover(routes, lines.index('@harmless(reason="a quote")'), 3)
        assert mark is not None
        assert "running it twice moves no money" in mark.contents.value
        handler = await editor.hover(routes, lines.index("def transfer(amount: int) -> dict[str, int]:"), 5)
        assert handler is not None
        for part in (
            "answers POST `…/wallet/transfers`",
            "- domain: wallet",
            "- mark: `@not_money_moving`",
            "moves it, for sure",
        ):
            assert part in handler.contents.value
        assert "wallet/service.py:5" in handler.contents.value
        assert await editor.hover(routes, 0, 0) is None

    run(scenario)


def test_each_folder_has_its_own_configuration(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"wallet/routes.py": UNMARKED})
    other = write(
        tmp_path / "other",
        {"wallet/routes.py": UNMARKED, "pyproject.toml": '[tool.idem-lint]\nignore = ["IDM001"]\n'},
    )
    inner = write(other / "inner", {"wallet/routes.py": UNMARKED, "pyproject.toml": "[tool.idem-lint]\n"})

    async def scenario(editor: Editor) -> None:
        await editor.start(one, other)
        await editor.shows(one / "wallet" / "routes.py", "IDM001")
        await editor.shows(inner / "wallet" / "routes.py", "IDM001")
        assert editor.codes(other / "wallet" / "routes.py") == []
        event = types.WorkspaceFoldersChangeEvent(
            added=[], removed=[types.WorkspaceFolder(one.as_uri(), "one")]
        )
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.shows(one / "wallet" / "routes.py")
        event = types.WorkspaceFoldersChangeEvent(
            added=[types.WorkspaceFolder(one.as_uri(), "one")], removed=[]
        )
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.shows(one / "wallet" / "routes.py", "IDM001")

    run(scenario)


@pytest.mark.processes_not_measured
@pytest.mark.parametrize(
    ("encodings", "column"), [(None, 10), (["utf-16"], 10), (["utf-8", "utf-16"], 12), (["utf-32"], 9)]
)
def test_columns_are_counted_as_the_editor_counts_them(
    encodings: list[str] | None, column: int, tmp_path: Path
) -> None:
    text = MARKED + 'x = "😀"  # noqa: IDM001\n'
    root = write(tmp_path / "project", {"wallet/routes.py": text})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        result = await editor.start(root, encodings=encodings)
        assert result.capabilities.position_encoding == (encodings or ["utf-16"])[0]
        editor.open(routes)
        (finding,) = await editor.shows(routes, "IDM014")
        assert finding.range.start == types.Position(len(text.splitlines()) - 1, column)
        assert finding.tags == [types.DiagnosticTag.Unnecessary] or list(finding.tags or ()) == [
            types.DiagnosticTag.Unnecessary
        ]

    run(scenario)


def test_a_change_of_the_configuration_is_seen(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"notes/routes.py": ELSEWHERE, "wallet/routes.py": UNMARKED})
    notes, settings = root / "notes" / "routes.py", root / "pyproject.toml"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(notes)
        await editor.shows(root / "wallet" / "routes.py", "IDM001")
        assert editor.codes(notes) == []
        settings.write_text('[tool.idem-lint]\nextend-domains = ["notes"]\n')
        editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(notes, "IDM001")
        settings.write_text('[tool.idem-lint]\nextend-domain = ["notes"]\n')
        editor.watched((settings, types.FileChangeType.Changed))
        (finding,) = await editor.shows(settings, "IDM900")
        assert "extend-domains" in finding.message
        assert editor.codes(notes) == ["IDM001"]
        assert any("extend-domains" in text for text in editor.complaints)
        settings.write_text("[tool.idem-lint]\n")
        editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(settings)
        await editor.shows(notes)

    run(scenario)


def test_a_configuration_counts_as_it_is_in_the_window(tmp_path: Path) -> None:
    files = {"notes/routes.py": ELSEWHERE, "wallet/routes.py": UNMARKED, "base.toml": "[tool.idem-lint]\n"}
    root = write(tmp_path / "project", files)
    notes, settings, base = root / "notes" / "routes.py", root / "pyproject.toml", root / "base.toml"
    settings.write_text('[tool.idem-lint]\nextend = "base.toml"\n')

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(notes)
        editor.open(settings, language="toml")
        editor.open(base, language="toml")
        editor.open(root / "new.toml", "", language="toml")  # not stored yet
        await editor.shows(root / "wallet" / "routes.py", "IDM001")
        assert editor.codes(notes) == []
        editor.type(base, '[tool.idem-lint]\nextend-domains = ["notes"]\n')
        await editor.shows(notes, "IDM001")
        editor.type(notes, ELSEWHERE + "\n")  # what was typed before it is asked with it, too
        await editor.shows(notes, "IDM001")
        editor.type(settings, "[tool.idem-lint\n")
        (finding,) = await editor.shows(settings, "IDM900")
        assert "is not valid TOML" in finding.message
        assert editor.codes(notes) == ["IDM001"]
        editor.type(settings, "[tool.idem-lint]\n")
        await editor.shows(settings)
        await editor.shows(notes)
        editor.close(settings)  # what is on disk counts, which extends the other window
        await editor.shows(notes, "IDM001")
        editor.close(base)
        await editor.shows(notes)
        assert await editor.hover(base, 0, 0) is None

    run(scenario)


@pytest.mark.parametrize("is_typed", [True, False])
def test_a_judgement_by_an_older_configuration_is_not_shown(tmp_path: Path, is_typed: bool) -> None:
    files = {"notes/routes.py": ELSEWHERE, "notes/more.py": ELSEWHERE, "wallet/routes.py": UNMARKED}
    root = write(tmp_path / "project", files)
    notes, settings = root / "notes" / "routes.py", root / "pyproject.toml"
    settings.write_text("[tool.idem-lint]\n")
    environment = faulty(tmp_path / "faults", LATE)
    held = tmp_path / "faults" / "held"

    async def scenario(editor: Editor) -> None:
        await editor.start(root, environment=environment)
        editor.open(notes)
        editor.open(settings, language="toml")
        await editor.shows(root / "wallet" / "routes.py", "IDM001")
        editor.type(notes, ELSEWHERE + "\n")
        await made(held.with_name("reached"))  # what the file hangs on is known, so that it is judged alone
        held.touch()
        editor.save(notes)
        await made(held.with_name("waits"))
        text = '[tool.idem-lint]\nextend-domains = ["notes"]\n'
        if is_typed:
            editor.type(settings, text)
        else:
            editor.close(settings)
            settings.write_text(text)
            editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(notes, "IDM001")
        shown = len(editor.history)
        held.unlink()
        await editor.shows(root / "notes" / "more.py", "IDM001")
        assert [each.uri for each in editor.history[shown:] if not each.diagnostics] == []

    run(scenario)


def test_files_that_come_and_go_on_disk_are_seen(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/a.py": UNMARKED, "wallet/b.py": UNMARKED})
    folder = root / "wallet"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        await editor.shows(folder / "a.py", "IDM001")
        (folder / "a.py").rename(folder / "c.py")
        (folder / "b.py").write_text(MARKED)
        editor.watched(
            (folder / "a.py", types.FileChangeType.Deleted),
            (folder / "c.py", types.FileChangeType.Created),
            (folder / "b.py", types.FileChangeType.Changed),
        )
        await editor.shows(folder / "c.py", "IDM001")
        await editor.shows(folder / "a.py")
        await editor.shows(folder / "b.py")
        (registration,) = editor.registered
        assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES

    run(scenario)


def test_a_save_is_seen_without_an_editor_that_watches(tmp_path: Path) -> None:
    root = write(tmp_path / "project", BANK)
    routes, service = root / "wallet" / "routes.py", root / "wallet" / "service.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(service)
        await editor.shows(routes, "IDM101")
        editor.type(service, HARMLESS)
        editor.save(service)
        await editor.shows(routes)

    run(scenario)


def test_a_file_in_no_folder_is_judged_by_itself(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED, "wallet/other.py": UNMARKED})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start()
        editor.open(routes)
        await editor.shows(routes, "IDM001")
        editor.type(routes, MARKED)
        await editor.shows(routes)
        editor.type(routes, UNMARKED)
        await editor.shows(routes, "IDM001")
        editor.close(routes)
        await editor.shows(routes)
        assert root / "wallet" / "other.py" not in editor.published

    run(scenario)


def test_a_fault_of_the_analysis_is_said_and_the_next_text_is_judged(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})
    routes = root / "wallet" / "routes.py"
    environment = faulty(tmp_path / "faults")

    async def scenario(editor: Editor) -> None:
        await editor.start(root, environment=environment)
        editor.open(routes)
        await editor.shows(routes, "IDM001")
        for fault, words in (("# raise", "boom"), ("# die", "exit code 3")):
            editor.type(routes, UNMARKED + fault)
            (finding,) = await editor.shows(routes, "IDM900")
            assert words in finding.message
            assert any(words in text for text in editor.complaints)
            editor.type(routes, UNMARKED)
            await editor.shows(routes, "IDM001")
        assert await editor.hover(routes, 6, 5) is not None

    run(scenario)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc")
def test_workers_that_are_killed_are_started_again(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(routes)
        await editor.shows(routes, "IDM001")
        server = editor.client._server.pid
        for worker in children(server):
            os.kill(worker, signal.SIGKILL)
        editor.type(routes, MARKED)
        await editor.shows(routes)

    run(scenario)


def test_an_editor_that_goes_away_ends_the_server(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, stdin=subprocess.DEVNULL, capture_output=True, timeout=180)
    assert (done.returncode, done.stdout) == (1, b"")

    async def scenario(editor: Editor) -> None:
        await editor.start(tmp_path)
        editor.client.exit(None)
        assert await editor.exit_code() == 1

    async def nothing(editor: Editor) -> None:
        await editor.start()

    run(scenario)
    run(nothing)


def test_without_the_extra_the_command_says_what_installs_it(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text(
        'raise ModuleNotFoundError("No module named \'pygls\'", name="pygls")\n'
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        COMMAND, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": path}, timeout=180
    )
    assert done.returncode == 2
    assert (
        done.stderr == 'idem-lint: pygls is not installed; to install it: pip install "idem-guard[server]"\n'
    )
    assert done.stdout == ""


def test_the_help_teaches(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, encoding="utf-8", timeout=180)
    assert done.returncode == 0
    for part in ("--stdio", "vim.lsp.enable", "idem-guard[server]", "docs/editors.md"):
        assert part in done.stdout


def test_what_is_no_python_file_is_left_alone(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED, "README.md": "# Wallet\n"})
    readme, uri = root / "README.md", "untitled:Untitled-1"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        for name, language in ((readme.as_uri(), "markdown"), (uri, "python")):
            item = types.TextDocumentItem(name, language, 1, "x = 1\n")
            editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
            document = types.VersionedTextDocumentIdentifier(2, name)
            text = [types.TextDocumentContentChangeWholeDocument("y = 1\n")]
            editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, text))
            known = types.TextDocumentIdentifier(name)
            editor.client.text_document_did_save(types.DidSaveTextDocumentParams(known))
            place = types.Position(0, 0)
            assert await editor.client.text_document_hover_async(types.HoverParams(known, place)) is None
            params = types.CodeActionParams(known, types.Range(place, place), types.CodeActionContext([]))
            assert not await editor.client.text_document_code_action_async(params)
            editor.client.text_document_did_close(types.DidCloseTextDocumentParams(known))
        folder = types.WorkspaceFolder("http://example.org/", "elsewhere")
        event = types.WorkspaceFoldersChangeEvent(added=[folder], removed=[folder])
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.shows(root / "wallet" / "routes.py", "IDM001")
        assert set(editor.published) == {root / "wallet" / "routes.py"}

    run(scenario)


def test_an_editor_that_can_little_gets_what_it_can(tmp_path: Path) -> None:
    """No folders but a root, no watching, no versions in edits."""
    root = write(tmp_path / "project", {"wallet/routes.py": ABOVE})
    routes = root / "wallet" / "routes.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root_only=root)
        editor.open(routes)
        await editor.shows(routes, "IDM003")
        (fix,) = await editor.actions(routes, 0, ["source"])
        assert fix.edit is not None
        assert fix.edit.document_changes is None
        assert list(fix.edit.changes or ()) == [routes.as_uri()]
        assert await editor.actions(routes, 7, ["refactor"]) == []
        assert editor.registered == []

    run(scenario)


def test_a_folder_that_is_added_takes_over_what_is_open_in_it(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED, "wallet/other.py": UNMARKED})
    routes, other = root / "wallet" / "routes.py", root / "wallet" / "other.py"
    settings = root / "pyproject.toml"

    async def scenario(editor: Editor) -> None:
        await editor.start()
        editor.open(routes)
        await editor.shows(routes, "IDM001")
        settings.write_text('[tool.idem-lint]\nignore = ["IDM00"]\n')
        editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(routes)
        settings.write_text("[tool.idem-lint]\nignored = 1\n")
        editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(settings, "IDM900")
        settings.write_text("")
        editor.watched((settings, types.FileChangeType.Changed))
        await editor.shows(settings)
        await editor.shows(routes, "IDM001")
        folder = [types.WorkspaceFolder(root.as_uri(), "project")]
        event = types.WorkspaceFoldersChangeEvent(added=folder, removed=[])
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.shows(other, "IDM001")
        event = types.WorkspaceFoldersChangeEvent(added=[], removed=folder)
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.shows(other)
        await editor.shows(routes, "IDM001")

    run(scenario)


def test_as_much_as_a_project_needs_is_in_view_while_somebody_types(tmp_path: Path) -> None:
    root = write(tmp_path / "project", DJANGO)
    views = root / "paying" / "views.py"

    async def scenario(editor: Editor) -> None:
        await editor.start(root)
        editor.open(views)
        await editor.shows(views, "IDM007")
        for number in range(3):
            editor.type(views, f"{DJANGO['paying/views.py']}\n# {number}\n")
            await editor.until(lambda wanted=number + 2: editor.published[views].version == wanted)
            await editor.shows(views, "IDM007")
        editor.watched((root / "shop" / "urls.py", types.FileChangeType.Created))
        editor.type(views, DJANGO["paying/views.py"] + "\n# again\n")
        await editor.until(lambda: editor.published[views].version == 5)
        await editor.shows(views, "IDM007")

    run(scenario)
