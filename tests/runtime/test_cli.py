"""The command line, as far as it needs no database."""

from __future__ import annotations

import pytest

from idem_runtime.cli import main


def test_version_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("idem-runtime ")


def test_without_a_command_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "usage: idem-runtime" in capsys.readouterr().out
