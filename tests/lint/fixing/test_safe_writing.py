"""A file is replaced in one step, or left as it is and that is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from idem_lint.fixing import source_text
from idem_lint.fixing.source_text import CannotChange, Edit, SourceText, line_end, overlap
from tests.lint.front.project import ABOVE, MARKED, Shell


def test_the_mode_of_a_file_stays(shell: Shell) -> None:
    shell.write({"wallet/routes.py": ABOVE})
    (shell.root / "wallet/routes.py").chmod(0o750)
    assert shell.run("check", "--fix").code == 0
    assert (shell.root / "wallet/routes.py").stat().st_mode & 0o777 == 0o750
    assert os.listdir(shell.root / "wallet") == ["routes.py"]


def test_a_link_stays_and_what_it_leads_to_is_mended(shell: Shell) -> None:
    shell.write({"shared/routes.py": ABOVE, "wallet/x.py": ""})
    (shell.root / "wallet/routes.py").symlink_to("../shared/routes.py")
    shell.run("check", "--fix", "wallet")
    assert (shell.root / "wallet/routes.py").is_symlink()
    assert (shell.root / "shared/routes.py").read_text() == MARKED


def test_a_link_out_of_the_project_is_never_followed(shell: Shell, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(ABOVE)
    shell.write({"wallet/x.py": ""})
    (shell.root / "wallet/routes.py").symlink_to(outside)
    done = shell.run("check", "--fix")
    assert done.code == 1
    assert "leads out of the project" in done.err
    assert outside.read_text() == ABOVE


def test_a_file_with_several_names_is_left_alone(shell: Shell) -> None:
    shell.write({"wallet/routes.py": ABOVE})
    os.link(shell.root / "wallet/routes.py", shell.root / "other.txt")
    done = shell.run("check", "--fix")
    assert "several names" in done.err
    assert (shell.root / "wallet/routes.py").read_text() == ABOVE


def test_a_file_that_changed_since_it_was_read_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("a = 1\n")
    source = SourceText.read(file)
    file.write_text("a = 2\n")
    with pytest.raises(CannotChange, match="has changed since"):
        source.write(b"a = 3\n", inside=tmp_path)
    assert file.read_text() == "a = 2\n"


def test_a_file_that_may_not_be_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("a = 1\n")
    source = SourceText.read(file)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CannotChange, match="may not be written"):
        source.write(b"a = 3\n", inside=tmp_path)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_text("a = 1\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(source_text.os, "fsync", full)
    with pytest.raises(CannotChange, match="No space left"):
        SourceText.read(file).write(b"a = 3\n", inside=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]
    assert file.read_text() == "a = 1\n"


def test_a_file_that_is_gone_or_cannot_be_decoded_or_written_back_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotChange, match="cannot be read"):
        SourceText.read(tmp_path / "none.py")
    (tmp_path / "a.py").write_bytes(b"\xff\n")
    with pytest.raises(CannotChange, match="cannot be decoded"):
        SourceText.read(tmp_path / "a.py")
    (tmp_path / "b.py").write_bytes(b"# coding: utf-7\nx = '+AGE-'\n")
    with pytest.raises(CannotChange, match="writes the same text in another way"):
        SourceText.read(tmp_path / "b.py")


def test_a_letter_that_the_encoding_does_not_have_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\n")
    with pytest.raises(CannotChange, match="cannot write '€'"):
        SourceText.read(tmp_path / "a.py").changed([Edit(0, 0, "€")])


def test_edits_that_overlap_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("abcdef")
    source = SourceText.read(tmp_path / "a.py")
    assert source.changed([Edit(0, 2, "x"), Edit(2, 2, "y")]) == b"xycdef"
    with pytest.raises(CannotChange, match="do not go together"):
        source.changed([Edit(0, 3, "x"), Edit(2, 4, "y")])
    assert overlap(Edit(0, 3, ""), Edit(2, 4, ""))
    assert overlap(Edit(0, 3, ""), Edit(2, 2, "x"))
    assert not overlap(Edit(2, 2, "x"), Edit(2, 2, "y"))
    assert not overlap(Edit(0, 2, ""), Edit(2, 4, ""))


def test_a_diff_says_where_the_last_line_has_no_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1")
    assert "\\ No newline at end of file" in SourceText.read(tmp_path / "a.py").diff(b"a = 2\n")


def test_the_line_end_is_that_of_the_file() -> None:
    assert line_end("a\r\nb", 0) == "\r\n"
    assert line_end("a\nb", 3) == "\n"
    assert line_end("a", 0) == "\n"
