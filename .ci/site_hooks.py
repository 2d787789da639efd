"""What mkdocs runs: links of a page to files outside ``docs`` lead to the repository, at the version that is documented;
a page that a browser would fetch something from elsewhere for ends the build.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = re.search(r'__version__ = "(.*)"', (ROOT / "idem_lint" / "__init__.py").read_text(encoding="utf-8"))
FETCHED = re.compile(
    r"""<(?:script|img|iframe)[^>]*\ssrc="?https?:[^>]*|<link[^>]*rel="?(?:stylesheet|preload|preconnect)[^>]*href="?https?:[^>]*"""
)
OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]+)([^)]*)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Rewrite the links; one that leads nowhere ends the build."""
    return OUTSIDE.sub(elsewhere, markdown)


def elsewhere(link: re.Match[str]) -> str:
    target = ROOT / link[1]
    if not target.exists() or VERSION is None:
        raise FileNotFoundError(f"a page links ../{link[1]}, which is not there")
    kind = "tree" if target.is_dir() else "blob"
    return f"]({PROJECT['urls']['Repository']}/{kind}/v{VERSION[1]}/{link[1]}{link[2]})"


def on_post_page(output: str, **_: Any) -> str:
    """Fonts, scripts and pictures come from the site itself."""
    fetched = FETCHED.search(output)
    if fetched:
        raise ValueError(f"a page would fetch something from elsewhere: {fetched[0]}")
    return output
