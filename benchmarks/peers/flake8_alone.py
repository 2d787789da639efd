"""flake8 as it is without idem-guard installed beside it: the same program, without our plugin's entry point."""

from __future__ import annotations

import importlib.metadata
import sys

from flake8.main.cli import main

everything = importlib.metadata.distributions


def others(**options: object) -> list[importlib.metadata.Distribution]:
    return [each for each in everything(**options) if each.metadata["Name"] != "idem-guard"]


importlib.metadata.distributions = others  # type: ignore[assignment]
sys.exit(main(sys.argv[1:]))
