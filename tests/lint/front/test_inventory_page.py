"""``inventory --format html``: complete without a script, the same each time, and nothing of the project is markup."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest

from idem_lint.reports import inventory_report
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.run_results import Inventory
from tests.lint.front.inventories import ATTACKS, EMPTY, FULL, QUIET, SAFE, hostile
from tests.lint.front.project import UNMARKED, Shell

EMPTY_TAGS = {"meta", "input", "wbr"}


class Page(HTMLParser):
    """What a browser sees: tags, attributes, text; balanced, or an assertion fails."""

    def __init__(self, inventory: Inventory, **view: object) -> None:
        super().__init__()
        self.source = "\n".join(inventory_report("html", InventoryView(**view))(inventory))
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def ids(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "id"]


@pytest.mark.parametrize(
    ("inventory", "sentence"),
    [
        (FULL, "3 of 7 entry points that move money are not protected: a retry could move that money twice."),
        (SAFE, "1 entry point that moves money: every one is protected, a retry moves nothing twice."),
        (QUIET, "No entry point that moves money was found."),
        (EMPTY, "No entry point that moves money was found."),
    ],
)
def test_the_first_thing_said_is_whether_a_retry_could_move_money_twice(
    inventory: Inventory, sentence: str
) -> None:
    assert sentence in Page(inventory).text


def test_the_table_has_every_entry_point_with_its_way_reason_and_end() -> None:
    text = " ".join(Page(FULL).text.split())
    for entry in (*FULL.handlers, *FULL.entry_points):
        assert entry.qualname.replace(".<locals>", "") in text
        assert f"{entry.place.file}:{entry.place.line}" in text
    for part in (
        "transfer → Ledger.post → changes a balance likely",
        "transfer calls ledger.post(…)",
        "Ledger.post writes account.balance -= …",
        "and 1 other write",
        "1 call could not be followed",
        "The search ended before it had seen everything.",
        "later, by a task or a queue",
        "Ledger.post is marked",
        "“reads only”until 2031-05-01",
        "its reason is not a text in the source",
        "has no effect: it stands above",
        "registered in core/app.py:14",
        "none found, though its name says money",
        "outside every domain",
        "route transfer",
        "file that cannot be readwallet/broken.py:3invalid syntax",
        "fault of the linterwallet/odd.py:1RecursionError",
        "2 handlers more wait for a decision",
        "4 places could not be judged",
        "44 % decided",
        "100 % decided",
    ):
        assert part in text, part


def test_nothing_depends_on_the_day_unless_it_is_asked() -> None:
    assert "As of" not in Page(FULL).text
    asked = Page(FULL, today=date(2026, 1, 1)).text
    assert "As of 2026-01-01." in asked
    assert "until 2020-01-31 over" in asked
    assert "until 2031-05-01 over" not in asked


def test_two_runs_give_the_same_bytes(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "wallet/more.py": UNMARKED})
    pages = [shell.run("inventory", "--format", "html", *more) for more in ((), (), ("--no-cache",))]
    assert {page.code for page in pages} == {0}
    assert len({page.out for page in pages}) == 1


def test_every_link_leads_somewhere_and_every_name_is_one_element() -> None:
    page = Page(FULL)
    assert len(page.ids()) == len(set(page.ids()))
    links = [value or "" for name, value in page.attributes if name == "href"]
    assert {link.removeprefix("#") for link in links} <= set(page.ids())


@pytest.mark.parametrize("text", ATTACKS)
def test_what_stands_in_the_code_is_never_markup(text: str) -> None:
    usual = Page(FULL)
    page = Page(hostile(text), title=text)
    assert page.tags <= usual.tags
    assert {name for name, _ in page.attributes} <= {name for name, _ in usual.attributes}
    assert page.source.count("<script>") == 1
    assert not re.search("[\0\x1b\u202e]", page.source)


def test_more_of_a_kind_than_a_reader_takes_in_at_once_is_folded() -> None:
    many = Inventory(FULL.handlers[:1] * 20, (), ())
    assert "5 more" in Page(many).text


def test_a_link_is_what_the_repository_shows_at_the_line(shell: Shell) -> None:
    shell.write({"wallet/odd name#.py": UNMARKED, ".git/HEAD": ""})
    template = "https://git.example/bank/blob/main/{path}#L{line}"
    option = shell.run("inventory", "--format", "html", "--source-url", template).out
    link = 'href="https://git.example/bank/blob/main/wallet/odd%20name%23.py#L7"'
    assert link in option
    assert 'href="https:' not in shell.run("inventory", "--format", "html").out
    shell.write({"pyproject.toml": f'[tool.idem-lint]\nsource-url = "{template}"\n'})
    assert link in shell.run("inventory", "--format", "html").out
    assert f'source-url = "{template}"' in shell.run("--show-config").out


def test_paths_of_links_begin_at_the_top_of_the_repository(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({"svc/wallet/routes.py": UNMARKED, "svc/pyproject.toml": "", ".git/HEAD": ""})
    monkeypatch.chdir(shell.root / "svc")
    command = ("inventory", "--format", "html", "--source-url", "https://git.example/{path}")
    assert 'href="https://git.example/svc/wallet/routes.py"' in shell.run(*command).out
    shell.write({"svc/.git/HEAD": ""})
    assert 'href="https:' not in shell.run(*command, str(shell.root / "svc" / ".." / "other")).out
    shell.write({"other/wallet/routes.py": UNMARKED})
    outside = shell.run(*command, str(shell.root / "other"))
    assert "transfer" in outside.out
    assert 'href="https:' not in outside.out


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert('{path}')",
        "https://git.example/bank",
        "https://git.example/{path}/{branch}",
        'https://git.example/{path}"x',
        "git.example/{path}",
    ],
)
def test_a_template_that_is_no_address_of_lines_is_refused(shell: Shell, template: str) -> None:
    ran = shell.run("inventory", "--format", "html", "--source-url", template)
    assert (ran.code, ran.out) == (2, "")
    assert "--source-url" in ran.err
    assert "{path}" in ran.err
    quoted = template.replace('"', '\\"')
    shell.write({"pyproject.toml": f'[tool.idem-lint]\nsource-url = "{quoted}"\n', "a.py": ""})
    ran = shell.run("inventory")
    assert ran.code == 2
    assert "pyproject.toml: [tool.idem-lint] source-url: found" in ran.err
