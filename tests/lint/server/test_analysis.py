"""What the workers answer, in this process."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from idem_lint.server import worker
from idem_lint.server.analysis import Analysis
from idem_lint.server.messages import (
    Action,
    ChooseReach,
    Explain,
    Failed,
    FixAll,
    HoverText,
    Job,
    Judged,
    JudgeFile,
    JudgeProject,
    OfferActions,
    Reach,
    Scene,
    ShownFinding,
    TextEdit,
)
from tests.lint.front.project import ABOVE, BROKEN, MARKED, UNMARKED, write
from tests.lint.server.projects import DJANGO

TASK = """\
from celery import shared_task
from idem_runtime import ledger_write


@ledger_write
def post_entry(amount: int) -> None:
    raise NotImplementedError


@shared_task
def settle(amount: int) -> None:
    post_entry(amount)
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker changes its working directory."""
    monkeypatch.chdir(Path.cwd())
    yield


class Worker:
    """A worker, and a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.analysis = Analysis()
        self.buffers: dict[str, str] = {}
        self.generation = 0

    def type(self, name: str, text: str) -> None:
        self.buffers[str(self.root / name)] = text

    def scene(self, *, is_folder: bool = True) -> Scene:
        return Scene(str(self.root), dict(self.buffers), self.generation, "utf-16", is_folder)

    def file(self, name: str, reach: Reach = "imports", *, is_folder: bool = True) -> list[str]:
        job = JudgeFile(self.scene(is_folder=is_folder), str(self.root / name), reach)
        return [finding.code for finding in self.found(job)]

    def found(self, job: JudgeFile) -> tuple[ShownFinding, ...]:
        answer = self.analysis.answer(job)
        assert isinstance(answer, tuple)
        return answer

    def project(self) -> Judged:
        answer = self.analysis.answer(JudgeProject(self.scene()))
        assert isinstance(answer, Judged)
        return answer

    def codes(self) -> dict[str, list[str]]:
        found = self.project().findings
        return {str(Path(path).relative_to(self.root)): [each.code for each in found[path]] for path in found}

    def hover(self, name: str, line: int, character: int) -> str:
        answer = self.analysis.answer(Explain(self.scene(), str(self.root / name), line, character))
        assert isinstance(answer, HoverText | None)
        return answer.text if answer is not None else ""

    def actions(self, name: str, first: int = 0, last: int = 99) -> list[Action]:
        answer = self.analysis.answer(OfferActions(self.scene(), str(self.root / name), first, last))
        assert isinstance(answer, tuple)
        return list(answer)

    def fixes(self, name: str) -> tuple[TextEdit, ...]:
        answer = self.analysis.answer(FixAll(self.scene(), str(self.root / name)))
        assert isinstance(answer, tuple)
        return answer


def test_a_file_that_is_not_stored_yet_is_judged(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": MARKED}))
    here.type("wallet/new.py", UNMARKED)
    assert here.file("wallet/new.py") == ["IDM001"]
    assert here.project() == Judged({}, (str(here.root / "wallet" / "new.py"),))
    assert here.actions("wallet/new.py") == []
    assert here.fixes("wallet/new.py") == ()


def test_what_the_command_line_leaves_out_is_left_out(tmp_path: Path) -> None:
    files = {".venv/lib/wallet.py": UNMARKED, "wallet/old.py": UNMARKED, "wallet/new.py": MARKED}
    here = Worker(
        write(tmp_path / "project", {**files, "pyproject.toml": '[tool.idem-lint]\nexclude = ["old.py"]\n'})
    )
    assert here.file(".venv/lib/wallet.py") == []
    assert here.file("wallet/old.py") == []
    assert here.hover(".venv/lib/wallet.py", 6, 5) == ""
    assert here.actions(".venv/lib/wallet.py") == []
    assert here.codes() == {}
    assert here.file("wallet/new.py", is_folder=False) == []


def test_a_folder_without_python_and_one_that_is_gone_have_nothing_to_say(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {}))
    assert here.project() == Judged()
    gone = Worker(tmp_path / "gone")
    assert gone.project() == Judged()
    assert gone.file("routes.py") == []
    assert gone.hover("routes.py", 0, 0) == ""
    assert gone.analysis.answer(ChooseReach(gone.scene(), "/routes.py")) == "project"


def test_text_that_is_no_python_and_is_no_money_is_nobodys_business(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"notes/a.py": "x = 1\n", "wallet/a.py": UNMARKED}))
    here.type("notes/a.py", BROKEN)
    assert here.file("notes/a.py") == []
    here.type("wallet/a.py", BROKEN)
    assert here.file("wallet/a.py") == ["IDM900"]
    assert here.hover("wallet/a.py", 0, 5) == ""
    assert here.actions("wallet/a.py") == []


def test_while_a_text_cannot_be_parsed_the_last_one_that_can_stands_for_it(tmp_path: Path) -> None:
    service = "from idem_runtime import ledger_write\n\n\n@ledger_write\ndef pay() -> None:\n    raise NotImplementedError\n"
    lie = UNMARKED.replace(
        "APIRouter\n",
        "APIRouter\nfrom idem_runtime import not_money_moving\nfrom wallet.service import pay\n",
        1,
    )
    lie = lie.replace("def transfer", '@not_money_moving(reason="a quote")\ndef transfer').replace(
        "    return", "    pay()\n    return"
    )
    here = Worker(
        write(
            tmp_path / "project", {"wallet/routes.py": lie, "wallet/service.py": "def pay() -> None: ...\n"}
        )
    )
    assert here.file("wallet/routes.py") == []
    here.type("wallet/service.py", service)
    assert here.file("wallet/routes.py") == ["IDM101"]
    assert here.codes() == {"wallet/routes.py": ["IDM101"]}
    here.type("wallet/service.py", service + BROKEN)
    assert here.file("wallet/routes.py") == ["IDM101"]
    assert here.file("wallet/service.py") == ["IDM900"]
    assert here.codes() == {"wallet/routes.py": ["IDM101"]}
    assert here.project().without == (str(here.root / "wallet" / "service.py"),)
    here.type("wallet/service.py", service + "# better\n")
    assert here.project().without == ()


def test_a_text_that_never_could_be_parsed_leaves_what_is_stored(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": MARKED, "wallet/service.py": UNMARKED}))
    here.type("wallet/service.py", BROKEN)
    assert here.codes() == {}
    assert here.project().without == (str(here.root / "wallet" / "service.py"),)


@pytest.mark.parametrize(
    ("text", "stored", "codes"),
    [
        ("# coding: latin-1\n" + UNMARKED + "# \xe9\n", b"x = 1\n", ["IDM001"]),
        ("# coding: nonsense\n" + UNMARKED, b"x = 1\n", []),
        ("# coding: nonsense\n" + UNMARKED, None, ["IDM900"]),
    ],
)
def test_a_buffer_is_encoded_as_its_coding_line_says(
    text: str, stored: bytes | None, codes: list[str], tmp_path: Path
) -> None:
    here = Worker(
        write(tmp_path / "project", {"wallet/b.py": MARKED} if stored is None else {"wallet/a.py": stored})
    )
    here.type("wallet/a.py", text)
    assert here.file("wallet/a.py") == codes


def test_bytes_that_are_not_of_their_encoding_are_shown_where_they_are(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/a.py": UNMARKED.encode() + b"# \xff\n"}))
    (finding,) = here.project().findings[str(here.root / "wallet" / "a.py")]
    assert (finding.code, finding.span.line) == ("IDM900", 8)


def test_as_many_files_are_in_view_as_it_takes(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", DJANGO))
    job = ChooseReach(here.scene(), str(here.root / "paying" / "views.py"))
    assert here.analysis.answer(job) == "names"
    assert here.file("paying/views.py", "imports") == []
    assert here.file("paying/views.py", "names") == here.file("paying/views.py", "project") == ["IDM007"]
    plain = Worker(write(tmp_path / "plain", {"wallet/routes.py": UNMARKED}))
    assert (
        plain.analysis.answer(ChooseReach(plain.scene(), str(plain.root / "wallet" / "routes.py")))
        == "imports"
    )


def test_where_nothing_less_does_the_whole_project_is_in_view(tmp_path: Path) -> None:
    patch = """\
from fastapi import APIRouter


def pay(self, path):
    return self.post(path)


APIRouter.pay = pay
"""
    here = Worker(
        write(
            tmp_path / "project",
            {"company/patch.py": patch, "wallet/routes.py": UNMARKED.replace(".post", ".pay")},
        )
    )
    assert here.file("wallet/routes.py", "names") == []
    assert here.file("wallet/routes.py", "project") == ["IDM001"]
    assert (
        here.analysis.answer(ChooseReach(here.scene(), str(here.root / "wallet" / "routes.py"))) == "project"
    )


def test_new_files_are_seen_with_the_next_generation(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": UNMARKED}))
    assert here.file("wallet/routes.py") == ["IDM001"]
    (here.root / "pyproject.toml").write_text('[tool.idem-lint]\nignore = ["IDM001"]\n')
    assert here.file("wallet/routes.py") == ["IDM001"]
    here.generation += 1
    assert here.file("wallet/routes.py") == []


def test_hover_says_of_a_mark_that_does_nothing_why(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": ABOVE}))
    line = ABOVE.splitlines().index("@money_moving")
    text = here.hover("wallet/routes.py", line, 4)
    assert "It does nothing here, because" in text
    assert "once for each principal" in text
    assert "does nothing, because" in here.hover("wallet/routes.py", line + 2, 5)


def test_hover_knows_a_decorator_that_is_configured_as_a_mark(tmp_path: Path) -> None:
    text = MARKED.replace("from idem_runtime import money_moving", "from bank.marks import posting").replace(
        "@money_moving", "@posting"
    )
    settings = '[tool.idem-lint]\nextend-marks = { "bank.marks.posting" = "money_moving" }\n'
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": text, "pyproject.toml": settings}))
    assert "once for each principal" in here.hover("wallet/routes.py", text.splitlines().index("@posting"), 4)


def test_hover_tells_every_entry_point(tmp_path: Path) -> None:
    here = Worker(
        write(
            tmp_path / "project",
            {"wallet/tasks.py": TASK, "notes/routes.py": UNMARKED.replace("/wallet", "/notes")},
        )
    )
    lines = TASK.splitlines()
    task = here.hover("wallet/tasks.py", lines.index("def settle(amount: int) -> None:"), 6)
    assert "`settle` is a Celery task" in task
    assert "moves it, for sure" in task
    assert "this function writes the ledger" in here.hover("wallet/tasks.py", lines.index("@ledger_write"), 6)
    note = here.hover("notes/routes.py", 6, 6)
    assert "- in no money domain, though" in note
    assert "- mark: none" in note
    assert here.hover("wallet/tasks.py", 3, 0) == ""


def test_nothing_is_offered_that_does_not_hold(tmp_path: Path) -> None:
    text = UNMARKED.replace(
        "APIRouter\n", "APIRouter\n\nfrom idem_runtime import money_moving, not_money_moving\n", 1
    ).replace("def transfer", '@money_moving\n@not_money_moving(reason="a quote")\ndef transfer')
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": text, "wallet/old.py": UNMARKED}))
    assert here.file("wallet/routes.py") == ["IDM002"]
    assert [each.code for each in here.actions("wallet/routes.py")] == [
        "IDM002"
    ]  # the comment: which mark is wrong takes a judgement
    assert here.fixes("wallet/routes.py") == ()


def test_a_worker_answers_until_its_input_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_FULL_COLLECTION", 2)
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})
    broken = write(
        tmp_path / "broken",
        {"wallet/routes.py": UNMARKED, "pyproject.toml": "[tool.idem-lint]\nignored = 1\n"},
    )
    scenes = [Scene(str(folder), {}, 0, "utf-16") for folder in (root, broken, root)]
    jobs: list[Job] = [JudgeProject(scene) for scene in scenes]
    sent, received = io.BytesIO(), io.BytesIO()
    for number, job in enumerate([*jobs, "no job"]):
        worker.write(sent, (number, job))
    sent.seek(0)
    worker.serve(sent, received)
    received.seek(0)
    answers = dict(pickle.loads(worker.read(received) or b"") for _ in range(4))
    assert worker.read(received) is None
    assert isinstance(answers[0], Judged)
    assert isinstance(answers[1], Failed)
    assert answers[1].file == str(broken / "pyproject.toml")
    assert answers[2] == answers[0]
    assert answers[3].text.startswith("AttributeError")


def test_a_mark_that_a_handler_cannot_carry_is_not_offered(tmp_path: Path) -> None:
    stream = UNMARKED.replace('return {"amount": amount}', 'yield {"amount": amount}')
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": stream}))
    assert [each.title.partition(",")[0] for each in here.actions("wallet/routes.py")] == [
        "Mark as @not_money_moving",
        "Silence IDM001 with # noqa and a reason to write",
    ]


def test_what_is_open_elsewhere_has_no_say(tmp_path: Path) -> None:
    here = Worker(write(tmp_path / "project", {"wallet/routes.py": MARKED}))
    here.buffers[str(tmp_path / "elsewhere.py")] = BROKEN
    assert here.codes() == {}
    assert here.file("wallet/routes.py") == []


def test_hover_says_how_sure_it_is(tmp_path: Path) -> None:
    provider = "import stripe\n" + UNMARKED.replace(
        "    return", "    stripe.PaymentIntent.create(amount=amount)\n    return"
    )
    named = UNMARKED.replace("/wallet/transfers", "/payouts").replace("def transfer", "def send_payout")
    plain = (
        UNMARKED.replace("/wallet/transfers", "/notes")
        .replace("def transfer(amount: int)", "def note(text: str)")
        .replace('"amount": amount', "")
    )
    here = Worker(
        write(tmp_path / "project", {"wallet/a.py": provider, "notes/b.py": named, "notes/c.py": plain})
    )
    assert "- money: likely moves it" in here.hover("wallet/a.py", 7, 6)
    assert "- money: named like it, no write was found" in here.hover("notes/b.py", 6, 6)
    assert "- money: no write was found" in here.hover("notes/c.py", 6, 6)


def test_hover_tells_handlers_of_other_methods(tmp_path: Path) -> None:
    text = UNMARKED.replace(".post", ".put").replace("    return", "    unknown(amount)\n    return")
    here = Worker(write(tmp_path / "project", {"wallet/a.py": text}))
    told = here.hover("wallet/a.py", 6, 6)
    assert "`transfer` answers PUT `…/wallet/transfers`" in told
    assert "1 call, 1 not resolved" in told


def test_the_mark_that_fits_the_code_comes_with_what_it_needs_and_the_other_says_what_speaks_against_it(
    tmp_path: Path,
) -> None:
    text = "import stripe\n" + UNMARKED.replace(
        "    return", "    stripe.PaymentIntent.create(amount=amount)\n    return"
    )
    here = Worker(write(tmp_path / "project", {"wallet/a.py": text}))
    moving, opt_out, _ = here.actions("wallet/a.py")
    assert (moving.is_preferred, opt_out.is_preferred) == (True, False)
    assert any('@money_moving(effect="external")' in edit.text for edit in moving.edits)
    assert any("is reached; say why running it twice moves no money" in edit.text for edit in opt_out.edits)
