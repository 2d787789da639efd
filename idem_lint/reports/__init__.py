"""How results are written. A format is one file; it is imported only when it is asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from idem_lint.reports.inventory_view import InventoryView
    from idem_lint.reports.report_rows import View
    from idem_lint.run_results import CheckResult, Inventory

__all__ = ["finding_report", "inventory_report", "money_report"]


def finding_report(name: str) -> Callable[[CheckResult, View], Iterator[str]]:
    """The report called ``name``, one of ``options.FINDING_FORMATS``: it yields lines without line ends."""
    if name == "text":
        from idem_lint.reports.text import render
    elif name == "json":
        from idem_lint.reports.json import render
    elif name == "sarif":
        from idem_lint.reports.sarif import render
    elif name == "github":
        from idem_lint.reports.github import render
    else:
        from idem_lint.reports.gitlab import render
    return render


def money_report(name: str) -> Callable[[Inventory], Iterator[str]]:
    """The report called ``name``, one of ``options.MONEY_FORMATS``: it yields lines without line ends."""
    from idem_lint.reports import money

    return {"text": money.text, "json": money.as_json, "markdown": money.markdown}[name]


def inventory_report(name: str, view: InventoryView | None = None) -> Callable[[Inventory], Iterator[str]]:
    """The report called ``name``, one of ``options.INVENTORY_FORMATS``: it yields lines without line ends. ``view`` is for
    HTML and Markdown.
    """
    from idem_lint.reports import inventory

    if name in {"html", "markdown"}:
        from idem_lint.reports.inventory_view import InventoryView

        if name == "html":
            from idem_lint.reports.html.page import render
        else:
            from idem_lint.reports.pull_request import render
        return lambda result: render(result, view or InventoryView())
    return {
        "table": inventory.table,
        "json": inventory.as_json,
        "csv": inventory.as_csv,
    }[name]
