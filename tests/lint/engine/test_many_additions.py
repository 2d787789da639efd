"""A text or list that many branches add to: the ways back to its beginning multiply, the work does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.engine import constants
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config

ADDITIONS = "".join(f"    if kind == {number}:\n        path += given[{number}]\n" for number in range(40))
HEAD = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef handler(): ...\n\n\n"
IN_PLACE = f"def mount():\n    path = '/'\n{ADDITIONS}    app.post(path)(handler)\n"
BY_ARGUMENT = (
    f"def below(path, kind):\n{ADDITIONS}    return path\n\n\napp.post(below('/', input()))(handler)\n"
)


@pytest.mark.parametrize("source", [IN_PLACE, BY_ARGUMENT], ids=["in place", "by an argument"])
def test_forty_additions_in_branches_are_gone_through_once(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wallet.py").write_text(HEAD + source)
    count = 0
    binary = constants.binary

    def counted(*values: object) -> object:
        nonlocal count
        count += 1
        assert count < 50_000, "the additions are gone through again and again"
        return binary(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(constants, "binary", counted)
    found = inventory([tmp_path], Config(root=tmp_path), is_cached=False)
    assert [handler.qualname for handler in found.handlers] == ["handler"]
    assert count > 0
