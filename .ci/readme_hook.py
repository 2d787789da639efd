"""The README as package indexes show it: what it links in the repository is named in full, at the version that is built."""

from __future__ import annotations

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(\]\(|href=\")(?!https?:|#|mailto:)([^)\"\s]+)")
PICTURE = re.compile(r"((?:src|srcset)=\")(?!https?:)([^\"\s]+)")


class ReadmeHook(MetadataHookInterface):
    """Hatchling's hook, named in ``pyproject.toml``."""

    def update(self, metadata: dict[str, object]) -> None:
        """Set ``readme``."""
        urls = metadata["urls"]
        assert isinstance(urls, dict)
        root = Path(self.root)
        found = re.search(
            r'__version__ = "(.*)"', (root / "idem_lint" / "__init__.py").read_text(encoding="utf-8")
        )
        assert found is not None
        text = absolute((root / "README.md").read_text(encoding="utf-8"), urls["Repository"], f"v{found[1]}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def absolute(text: str, repository: str, version: str) -> str:
    """Links lead to the repository's pages, pictures to its files."""
    raw = repository.replace("https://github.com/", "https://raw.githubusercontent.com/")
    text = PICTURE.sub(rf"\g<1>{raw}/{version}/\g<2>", text)
    return LINK.sub(rf"\g<1>{repository}/blob/{version}/\g<2>", text)
