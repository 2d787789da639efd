"""``inventory --format html``: one page, complete in itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

from idem_lint.reports.html.domain_tables import coverage, money
from idem_lint.reports.html.elements import Markup, element, verbatim
from idem_lint.reports.html.entry_table import entry_table
from idem_lint.reports.html.open_points import legend, not_judged, opted_out
from idem_lint.reports.html.overview import answer, to_do
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import entries
from idem_lint.run_results import Inventory

_HERE = Path(__file__)


def render(inventory: Inventory, view: InventoryView) -> Iterator[str]:
    """The lines of the page. The same inventory is the same page, byte by byte."""
    style, script = _own("page.css"), _own("page.js")
    found = entries(inventory)
    as_of = f"As of {view.today}. " if view.today is not None else ""
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield element("head", *_head(view.title, style, script))
    yield '<body><a class="skip" href="#entries">Skip to every entry point</a><header>'
    yield element("h1", view.title)
    yield element(
        "p", f"{as_of}What starts money moving in this code, and whether a retry is safe.", class_="note"
    )
    yield element("nav", *_contents(), aria_label="Contents")
    yield "</header><main>"
    yield answer(found, inventory)
    yield to_do(found, view)
    yield coverage(found)
    yield money(found, view)
    yield entry_table(found, view)
    yield opted_out(found, view)
    yield not_judged(inventory, view)
    yield legend()
    yield "</main>"
    yield element("script", verbatim(script))
    yield "</body></html>"


def _head(title: str, style: str, script: str) -> Iterator[Markup]:
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    yield element("meta", charset="utf-8")
    yield element("meta", http_equiv="Content-Security-Policy", content=policy)
    yield element("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield element("meta", name="color-scheme", content="light dark")
    yield element("meta", name="referrer", content="no-referrer")
    yield element("title", title)
    yield element("style", verbatim(style))


def _contents() -> Iterator[Markup]:
    names = {
        "coverage": "Coverage",
        "money": "Money by domain",
        "entries": "Every entry point",
        "opt-outs": "Opt-outs",
        "open": "Not judged",
        "legend": "How to read this",
    }
    for name, text in names.items():
        yield element("a", text, href=f"#{name}")


def _own(name: str) -> str:
    return _HERE.with_name(name).read_text(encoding="utf-8").strip()


def _digest(text: str) -> str:
    """What a content security policy knows a style or a script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
