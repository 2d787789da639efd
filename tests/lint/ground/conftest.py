"""What the tests of files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.ground.folders import git


@pytest.fixture(params=["git", "walk"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, once as a git work tree, once where git is absent."""
    root = tmp_path / "project"
    root.mkdir()
    if request.param == "git":
        git(root, "init", "-q")
    else:
        (root / ".git").mkdir()
        monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(root)
    return root
