"""Small services in the shapes that real ones have: a handler with ``yes`` in its name moves money, one with ``no`` does not.

A file of ``money_services/`` is one project: ``--- app/api.py`` begins the text of a file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.reports.money import moves
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.front.project import write

SERVICES = sorted((Path(__file__).parent / "money_services").glob("*.txt"))


def files_of(service: Path) -> dict[str, str]:
    """The files of a service by their paths."""
    parts = re.split(r"^--- (.+)$", service.read_text(), flags=re.MULTILINE)
    return {name.strip(): text.lstrip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def words(qualname: str) -> list[str]:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", qualname).lower().replace(".", "_").split("_")


@pytest.mark.parametrize("service", SERVICES, ids=[service.stem for service in SERVICES])
def test_what_moves_money_in_a_service_is_found_and_nothing_else(service: Path, tmp_path: Path) -> None:
    write(tmp_path, files_of(service))
    found = inventory([tmp_path], Config(tmp_path, all_domains=True), is_cached=False)
    assert not found.faults
    said = {handler.qualname: moves(handler) in {"sure", "likely"} for handler in found.handlers}
    assert said == {name: "yes" in words(name) for name in said}
    assert len(said) >= 2
