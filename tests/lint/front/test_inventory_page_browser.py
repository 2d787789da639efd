"""The page in a real browser: nothing of the project runs, a person finds what they look for, paper has it all."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from idem_lint.reports import inventory_report
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.run_results import Inventory
from tests.lint.front.inventories import ATTACKS, FULL, hostile
from tests.runtime.commands import chromium
from tests.runtime.commands.chromium import Browser

pytestmark = [
    chromium.needed,
    pytest.mark.slow,
]
SHOWN = "[...document.querySelectorAll('table.entries tbody tr')].filter(row => row.offsetHeight).length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def show(browser: Browser, folder: Path, inventory: Inventory = FULL, **view: object) -> None:
    page = folder / "inventory.html"
    lines = inventory_report("html", InventoryView(**view))(inventory)
    page.write_text("\n".join(lines), encoding="utf-8")
    browser.look(1280)
    browser.command("Emulation.setEmulatedMedia", media="")
    browser.open(page.as_uri())


@pytest.mark.parametrize("text", ATTACKS)
def test_what_an_attacker_wrote_into_the_code_is_shown_and_never_run(
    browser: Browser, tmp_path: Path, text: str
) -> None:
    show(browser, tmp_path, hostile(text))
    assert browser.run("document.title") == "Money inventory"
    assert browser.run("document.images.length + document.scripts.length") == 1
    assert (
        browser.run("document.querySelectorAll('[onerror], [onmouseover], a[href^=javascript]').length") == 0
    )
    if text.isprintable():
        assert text in browser.run("document.querySelector('table.entries').textContent")


def test_a_script_that_got_in_would_not_run_and_nothing_is_fetched(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    browser.run(
        "let s = document.createElement('script'); s.textContent = 'document.title = 1'; document.body.append(s);"
        "let i = new Image(); i.onerror = () => { window.refused = true }; i.src = 'https://example.invalid/x'"
    )
    browser.until("window.refused")
    assert browser.run("document.title") == "Money inventory"
    assert browser.run("performance.getEntriesByType('resource').length") <= 1  # the picture that was refused


def test_search_and_filters_show_what_is_asked_for_and_say_how_much(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    everything = len(FULL.handlers) + len(FULL.entry_points)
    assert browser.run(SHOWN) == everything
    typed = "e => { e.dispatchEvent(new Event('input', {bubbles: true})) }"
    browser.run(f"search.value = 'LOANS/quote'; ({typed})(search)")
    assert browser.run(SHOWN) == 1
    assert browser.run("shown.textContent") == f"1 of {everything} shown"
    browser.run("document.querySelector('[type=reset]').click()")
    browser.until(f"{SHOWN} === {everything}")
    browser.run(
        f"s = document.getElementById('standing'); s.value = 'unprotected'; ({typed})(s)",
    )
    assert browser.run(SHOWN) == 2
    browser.run("document.querySelector('[data-filter=lending]').click()")
    assert browser.run(SHOWN) == 3
    # a link from the list on top leads to its row, filtered out or not, with the way unfolded
    browser.run("document.querySelector('.todo a').click()")
    browser.until(f"{SHOWN} === {everything}")
    assert browser.run("document.querySelector('tr:target details.way').open")


def test_without_a_script_the_page_has_all_and_shows_no_dead_controls(
    browser: Browser, tmp_path: Path
) -> None:
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(browser, tmp_path)
        assert browser.run(SHOWN) == len(FULL.handlers) + len(FULL.entry_points)
        assert browser.run("document.getElementById('controls').offsetHeight") == 0
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


def test_the_reader_s_day_says_which_opt_outs_are_over(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    over = (
        "[...document.querySelectorAll('.until + .badge')].map(b => b.previousElementSibling.dataset.until)"
    )
    assert set(browser.run(over)) == {"2020-01-31"}


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_screen_scrolls_sideways(browser: Browser, tmp_path: Path, width: int) -> None:
    show(browser, tmp_path)
    browser.look(width)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scripts", [True, False])
def test_paper_shows_what_is_folded_on_a_screen(browser: Browser, tmp_path: Path, scripts: bool) -> None:
    show(browser, tmp_path)
    browser.command("Emulation.setScriptExecutionDisabled", value=not scripts)
    try:
        browser.open((tmp_path / "inventory.html").as_uri())
        browser.command("Emulation.setEmulatedMedia", media="print")
        hidden = "[...document.querySelectorAll('.chain li')].filter(step => !step.checkVisibility({contentVisibilityAuto: true}) || !step.offsetHeight).length"
        browser.until(f"{hidden} === 0")
        assert browser.run("document.querySelector('nav').offsetHeight") == 0
        if shutil.which("pdftotext"):
            printed = browser.command("Page.printToPDF")["data"]
            paper = tmp_path / "inventory.pdf"
            paper.write_bytes(base64.b64decode(printed))
            text = subprocess.run(
                ["pdftotext", paper, "-"], capture_output=True, text=True, check=True
            ).stdout
            assert "".join(text.split()).count("ledger.post(…)") >= 5
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
        browser.command("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_that_keeps_people_out(
    browser: Browser, tmp_path: Path, dark: bool, width: int
) -> None:
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    show(browser, tmp_path)
    browser.look(width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
    browser.run(axe)
    browser.run("axe.run().then(found => { window.found = found })")
    browser.until("window.found")
    found = json.loads(browser.run("JSON.stringify(window.found.violations)"))
    assert [(rule["id"], rule["help"], [node["html"] for node in rule["nodes"]][:3]) for rule in found] == []


def test_every_control_is_reached_by_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    reached = []
    for _ in range(60):
        for kind in ("keyDown", "keyUp"):
            browser.command("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.tagName"))
    assert {"search", "standing", "domain", "kind", "BUTTON", "SUMMARY", "A"} <= set(reached)
    assert reached[0] == "A"  # to the table, past the contents
