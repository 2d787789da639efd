"""What ``docs/architecture.md`` names is there: a room that is renamed is renamed on the page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = ROOT / "idem_lint"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
# `running/`, `engine/imports`, `result_types.py`; `imports` alone is said of the room before it
NAMED = re.findall(r"`([a-z_0-9]+/(?:[a-z_0-9]+/?)*|[a-z_0-9/]+\.py|(?:[a-z_]+/)+[a-z_0-9]+)(?:\.py)?`", PAGE)


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    gone = [name for name in NAMED if not _exists(name)]
    assert len(NAMED) > 20
    assert not gone


def test_every_room_stands_on_the_page() -> None:
    rooms = {path.name for path in LINTER.iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"`{room}/`" not in PAGE} == set()


def test_the_order_of_the_page_is_that_of_the_contract() -> None:
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r'name = "The linter\'s layers".*?layers = \[(.*?)\]', contract, re.DOTALL)
    order = re.search(r"in this order: (.*?)\.", PAGE, re.DOTALL)
    assert layers is not None
    assert order is not None
    wanted = [
        name for name in re.findall(r"\w+", layers[1]) if name not in {"__main__", "cli", "flake8_plugin"}
    ]
    assert re.findall(r"`(\w+)`", order[1]) == wanted


def _exists(name: str) -> bool:
    if name.startswith(("tests/", "idem_lint/")):
        return (ROOT / name).exists()
    path = LINTER / name.rstrip("/")
    return path.exists() or path.with_suffix(".py").exists()
