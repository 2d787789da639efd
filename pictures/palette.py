"""The colours of the pictures, light and dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Every pair of ink and paper has a contrast of 4.5 or more (WCAG 2.2, AA)."""

    paper: str
    panel: str
    line: str
    ink: str
    faint: str
    good: str
    bad: str
    accent: str


PALETTES = {
    "light": Palette("#ffffff", "#f6f8fa", "#d0d7de", "#1f2328", "#59636e", "#116329", "#b42318", "#0550ae"),
    "dark": Palette("#0d1117", "#161b22", "#3d444d", "#e6edf3", "#9198a1", "#56d364", "#ff7b72", "#79c0ff"),
}
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
