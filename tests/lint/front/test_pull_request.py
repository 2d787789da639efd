"""The Markdown of a pull request's comment: what a change adds, no longer than a comment may be, nothing of it markup."""

from __future__ import annotations

import re
import subprocess
from datetime import date

import pytest
from markdown_it import MarkdownIt

from idem_lint.reports import inventory_report
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.pull_request import code
from idem_lint.run_results import Inventory, InventoryChange
from tests.lint.front.inventories import ATTACKS, EMPTY, FULL, SAFE, hostile
from tests.lint.front.project import BROKEN, MARKED, UNMARKED, Shell

GITHUB = 65_536
NEW = InventoryChange("new", "gifts.py", "gift", ("/wallet/gifts",), "wallet", None, True)
CHANGED = InventoryChange(
    "changed", "a.py", "a", ("/a",), None, "money_moving", True, ("mark: none -> money_moving",)
)
GONE = InventoryChange("gone", "b.py", "b", (), None, None, False)


def text(inventory: Inventory = FULL, **view: object) -> str:
    return "\n".join(inventory_report("markdown", InventoryView(**view))(inventory)) + "\n"


def html(markdown: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(markdown)


def test_the_answer_is_first_and_the_rest_is_folded_away() -> None:
    lines = text().splitlines()
    assert lines[0] == "### Money inventory"
    assert lines[2].endswith(
        "**3 of 7 entry points that move money are not protected: a retry could move that money twice.**"
    )
    assert "#### Not protected" in lines
    assert [line for line in lines if line.startswith("<details>")] == [
        "<details><summary>Entry points that move money (7)</summary>",
        "<details><summary>Opt-outs (4)</summary>",
        "<details><summary>Not judged (4)</summary>",
    ]
    assert (
        "| Unprotected | `POST /wallet/payments` `POST /v1/wallet/payments` `routes.pay` `wallet/routes.py:7` "
        in ("\n".join(lines))
    )
    assert "`transfer → Ledger.post` changes a balance (likely), and 1 other write |" in "\n".join(lines)
    assert "| Protected | `POST /wallet/transfers` `odd`" not in "\n".join(lines)
    assert "no write was found |" in "\n".join(lines)


@pytest.mark.parametrize(("inventory", "sign"), [(FULL, "🔴"), (SAFE, "🟢"), (EMPTY, "⚪")])
def test_the_sign_says_it_at_a_glance(inventory: Inventory, sign: str) -> None:
    assert text(inventory).splitlines()[2].startswith(sign)


def test_what_a_change_adds_stands_on_top() -> None:
    lines = text(changes=(NEW, CHANGED, GONE), compared="0123456789ab").splitlines()
    assert lines[4:][:2] == ["#### Since `0123456789ab`", ""]
    assert "3 changes, 2 of them where money moves." in lines
    assert "| new | `/wallet/gifts` `gift` `gifts.py` | `wallet` | - | **yes** | - |" in lines
    assert "| changed | `/a` `a` `a.py` | - | `money_moving` | yes | `mark: none -> money_moving` |" in lines
    assert "| gone | `b` `b.py` | - | - | no | - |" in lines
    assert "#### Not protected" not in lines
    assert "Nothing changes: " in text(changes=(), compared="x")


def test_an_opt_out_that_is_over_is_said_where_the_day_is_known() -> None:
    assert "`2020-01-31` **(over)**" in text(today=date(2026, 1, 1))
    assert "(over)" not in text()


@pytest.mark.parametrize(
    "name",
    [
        *ATTACKS,
        "a|b",
        "`",
        "``a`",
        "a\\|b",
        "@octocat",
        "#12",
        "https://evil.example",
        "*bold* [x](y)",
        "a\nb",
        "</details>",
    ],
)
def test_what_stands_in_the_code_is_shown_as_code_and_nothing_else(name: str) -> None:
    inventory = hostile(name)
    markdown = text(inventory, title=name, changes=(NEW._replace(name=name, was=(name,)),), compared=name)
    rendered = html(markdown)
    outside = re.sub(r"<code>.*?</code>", "", rendered, flags=re.DOTALL)
    own = html(text())
    assert set(re.findall(r"</?[a-z0-9]+[^>]*>", outside)) <= set(re.findall(r"</?[a-z0-9]+[^>]*>", own)) | {
        "<h3>"
    }
    for sign in ("@octocat", "#12", "evil.example", "script", "onerror"):
        assert sign not in outside
    assert (
        len({row.count("<td") for row in re.findall(r"<tr>(?:(?!</tr>).)*</tr>", rendered, re.DOTALL)}) <= 4
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a|b", "`a\\|b`"),
        ("", "-"),
        (" \t", "-"),
        ("x" * 200, f"`{'x' * 159}…`"),
    ],
)
def test_code_spans(given: str, shown: str) -> None:
    assert code(given) == shown


def test_a_comment_that_would_be_too_long_is_cut_and_says_so() -> None:
    many = FULL._replace(handlers=FULL.handlers * 120)
    changes = tuple(NEW._replace(name=f"gift{number}") for number in range(700))
    cut = text(many, changes=changes, compared="0123456789ab")
    assert 60_000 < len(cut) < GITHUB
    assert re.search(r"^_\d+ more rows are left out: a comment has no room for more", cut, re.MULTILINE)
    assert cut.count("<details>") == cut.count("</details>") == 3
    assert cut.splitlines()[2].startswith("🔴")
    rows = len(text(FULL, changes=changes, compared="0123456789ab"))
    assert rows < GITHUB
    whole = text(FULL, changes=changes[:10], compared="x")
    assert "left out" not in whole


def test_one_row_too_many_is_one_row() -> None:
    # the room is for all rows but the last
    for count in range(300, 1200):
        cut = text(EMPTY, changes=(NEW._replace(file="f" * 100),) * count, compared="x")
        if "left out" in cut:
            assert "_1 more row is left out" in cut or "_2 more rows are left out" in cut
            assert len(cut) < GITHUB
            return
    raise AssertionError


def git(shell: Shell, *command: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *identity, *command], cwd=shell.root, check=True, capture_output=True)


@pytest.fixture
def branch(shell: Shell) -> Shell:
    """A branch on which a handler lost its mark, one is new, one is gone, and a task moves money."""
    shell.write(
        {
            "svc/wallet/routes.py": MARKED,
            "svc/wallet/old.py": UNMARKED,
            "svc/ledger.py": "from idem_runtime import ledger_write\n@ledger_write\ndef book(): ...\n",
            "svc/tasks.py": "from celery import shared_task\n@shared_task\ndef accrue(): ...\n",
            "svc/reads.py": UNMARKED.replace("router.post", "router.get"),
        }
    )
    git(shell, "init", "-q", "-b", "main")
    git(shell, "add", "-A")
    git(shell, "commit", "-q", "-m", "before")
    git(shell, "checkout", "-q", "-b", "change")
    shell.write(
        {
            "svc/wallet/routes.py": UNMARKED,
            "svc/cards/routes.py": MARKED.replace("wallet/transfers", "cards"),
            "svc/tasks.py": "from celery import shared_task\nfrom svc.ledger import book\n@shared_task\ndef accrue(): book()\n",
        }
    )
    (shell.root / "svc/wallet/old.py").unlink()
    return shell


def test_since_a_commit_all_is_said_that_a_reviewer_has_to_see(branch: Shell) -> None:
    ran = branch.run("inventory", "--since", "main")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert [line[:2] for line in lines[:-1]] == ["+ ", "+ ", "- ", "~ "]
    assert "svc/tasks.py accrue: domain: none, mark: none, moves money: yes" in ran.out
    assert "~ svc/wallet/routes.py transfer (…/wallet/transfers): mark: money_moving -> none" in ran.out
    assert lines[-1].startswith("4 changes since ")
    comment = branch.run("inventory", "--since", "main", "--format", "markdown")
    assert comment.code == 0
    assert "4 changes, 1 of them where money moves." in comment.out
    assert "| changed | `…/wallet/transfers` `transfer` `svc/wallet/routes.py` |" in comment.out
    status = subprocess.run(["git", "status", "--short"], cwd=branch.root, capture_output=True, text=True)
    assert "A " not in status.stdout  # the index is as it was


def test_since_a_commit_works_from_a_folder_of_the_repository_and_with_its_options(
    branch: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(branch.root / "svc")
    options = (
        "--all-domains",
        "--preset",
        "money",
        "--exclude",
        "old.py",
        "--config",
        "../pyproject.toml",
        "--jobs=1",
    )
    branch.write({"pyproject.toml": "[tool.idem-lint]\n"})
    out = branch.run("inventory", "--since", "main", "wallet", "cards", *options).out
    assert "~ wallet/routes.py transfer" in out
    assert "+ cards/routes.py transfer" in out
    assert "old.py" not in out
    elsewhere = branch.root.parent / "elsewhere.toml"
    elsewhere.write_text("[tool.idem-lint]\n")
    assert "~ wallet/routes.py" in branch.run("inventory", "--since", "main", "--config", str(elsewhere)).out
    monkeypatch.chdir(branch.root / "svc" / "cards")
    assert branch.run("inventory", "--since", "main").out.startswith("+ routes.py transfer")


def test_what_cannot_be_compared_is_wrong_usage(branch: Shell) -> None:
    for options, says in (
        (("--since", "nowhere"), "git knows no such commit"),
        (("--since", "main", "--check", "routes.lock"), "one of the three"),
        (("--since", "main", "--format", "json"), "table or markdown, not as json"),
        (("--write", "routes.lock", "--format", "markdown"), "table, not as markdown"),
    ):
        ran = branch.run("inventory", *options)
        assert (ran.code, ran.out) == (2, "")
        assert says in ran.err
    git(branch, "stash", "-q", "-u")
    branch.write({"pyproject.toml": "[tool.idem-lint]\nx = 1\n"})
    git(branch, "add", "-A")
    git(branch, "commit", "-q", "-m", "broken configuration")
    branch.write({"pyproject.toml": ""})
    ran = branch.run("inventory", "--since", "HEAD")
    assert ran.code == 2
    assert "cannot be listed: idem-lint: " in ran.err
    assert 'unknown key "x"' in ran.err


def test_a_commit_whose_files_git_does_not_have_is_said(branch: Shell) -> None:
    found = subprocess.run(
        ["git", "rev-parse", "HEAD:svc/ledger.py"],
        cwd=branch.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (branch.root / ".git" / "objects" / found[:2] / found[2:]).unlink()
    ran = branch.run("inventory", "--since", "main")
    assert ran.code == 2
    assert "--since: git checkout-index: " in ran.err


def test_a_lock_is_compared_in_markdown_too_and_fails(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED})
    shell.run("inventory", "--write", "routes.lock")
    shell.write({"wallet/routes.py": UNMARKED})
    ran = shell.run("inventory", "--check", "routes.lock", "--format", "markdown")
    assert ran.code == 1
    assert "#### Since `routes.lock`" in ran.out
    assert "`mark: money_moving -> none`" in ran.out


def test_what_could_not_be_looked_at_is_not_compared(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from idem_lint.finding.find_handlers import Finder

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    shell.write({"wallet/routes.py": MARKED, "wallet/b.py": BROKEN})
    monkeypatch.setattr(Finder, "registrations", broken)
    ran = shell.run("inventory", "--check", "routes.lock", "--format", "markdown", "--no-cache")
    assert ran.code == 2
    assert "fault of the linter" in ran.out
