"""Where the pages of the documentation are."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

from idem_lint.rules import find


def page(name: str, anchor: str) -> str:
    """A link in Markdown to a section of a page (``runtime``); its name alone where the distribution is not installed."""
    base = _site()
    where = f"docs/{name}.md#{anchor}"
    return f"[{where}]({base}{name}/#{anchor})" if base else f"`{where}`"


def rule_link(code: str) -> str:
    """The address of a rule's section; empty where it is not known."""
    rule, base = find(code), _site()
    return f"{base}rules/#{code.lower()}-{rule.name}" if base and rule is not None else ""


@cache
def _site() -> str:
    """The site's address, with a slash at its end: as the distribution says it."""
    try:
        links = metadata("idem-guard").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    sites = [link.partition(", ")[2] for link in links if link.startswith("Documentation, ")]
    return f"{sites[0].rstrip('/')}/" if sites else ""
