from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.front.project import Shell, write


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in an empty project."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(write(tmp_path / "project", {}))
    return Shell(tmp_path / "project", capsys)
