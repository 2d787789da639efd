"""Which revision ours follows: read from the environment that is there, or that is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config

from tests.runtime.commands.conftest import Run
from tests.runtime.commands.migrations.conftest import Alembic, revision, tables_of


def test_a_revision_can_be_redirected_into_the_versions(project: Path, alembic: Alembic, bank: str) -> None:
    _run_in_shell(project, "> migrations/versions/records.py", code=0)
    assert sorted(file.name for file in (project / "migrations" / "versions").glob("*.py*")) == [
        "first.py",
        "records.py",
    ]
    alembic("upgrade", "head")
    assert "idempotency_records" in tables_of(bank)


def test_a_redirection_that_fails_says_what_the_shell_has_left(project: Path, bank: str) -> None:
    revision(project, "second", None)
    said = _run_in_shell(project, "> migrations/versions/records.py", code=2)
    assert "there are several heads" in said
    assert "versions/records.py: it is empty" in said
    assert (project / "migrations" / "versions" / "records.py").read_text() == ""


def _run_in_shell(project: Path, redirection: str, *, code: int) -> str:
    line = f"'{sys.executable}' -m idem_runtime migrate --format alembic {redirection}"
    done = subprocess.run(["bash", "-c", line], cwd=project, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stderr


def test_the_first_revision_follows_none(
    project: Path, printed: Callable[..., str], alembic: Alembic
) -> None:
    (project / "migrations" / "versions" / "first.py").unlink()
    assert "there is no revision yet" in printed()
    assert "idempotency_records" in alembic("heads")


def test_of_several_heads_one_has_to_be_named(
    project: Path, run: Run, printed: Callable[..., str], alembic: Alembic
) -> None:
    revision(project, "left", "first", labels=("ledger",))
    revision(project, "right", "first")
    code, said = run("migrate", "--format", "alembic")
    assert (
        code,
        "there are several heads: left (left.py), right (right.py)" in said
        or "right (right.py), left (left.py)" in said,
    ) == (2, True)
    assert ("--head" in said, "alembic merge heads" in said) == (True, True)
    for head in ("first", "nowhere", "heads"):
        code, said = run("migrate", "--format", "alembic", "--head", head)
        assert (code, "head" in said or "nowhere" in said, "Traceback" in said) == (2, True, False)
    assert "down_revision is left (left.py)" in printed("--head", "ledger@head")
    assert sorted(line.split()[0] for line in alembic("heads").splitlines()) == [
        "idempotency_records",
        "right",
    ]


def test_a_revision_that_is_there_is_not_printed_again(printed: Callable[..., str], run: Run) -> None:
    printed()
    code, said = run("migrate", "--format", "alembic")
    assert (code, "it has revision idempotency_records already, in records.py" in said) == (2, True)


def test_an_environment_can_be_named(
    project: Path, run: Run, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    ini = str(project / "alembic.ini")
    for options, variable in ((("-c", ini), ""), (("--alembic-ini", ini), ""), ((), ini)):
        monkeypatch.setenv("ALEMBIC_CONFIG", variable)
        assert "down_revision = 'first'" in run("migrate", "--format", "alembic", *options)[1]


def test_an_environment_in_pyproject_is_found(project: Path, run: Run) -> None:
    (project / "alembic.ini").unlink()
    (project / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    assert "down_revision = 'first'" in run("migrate", "--format", "alembic")[1]
    assert "down_revision = 'first'" in run("migrate", "--format", "alembic", "-c", "pyproject.toml")[1]


def test_without_an_environment_it_says_how_to_say_what_the_revision_follows(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run("migrate", "--format", "alembic")
    assert (code, "down_revision = None" in said) == (0, True)
    assert (
        "no alembic.ini here; down_revision is None: set down_revision to what 'alembic heads' says" in said
    )
    with monkeypatch.context() as older:
        older.delattr(Config, "get_alembic_option")
        assert "Alembic 1.16 or later is needed" in run("migrate", "--format", "alembic")[1]
    monkeypatch.setitem(sys.modules, "alembic.config", None)
    assert "Alembic is not installed beside idem-runtime" in run("migrate", "--format", "alembic")[1]
    assert run("migrate", "--format", "alembic", "-c", "alembic.ini")[0] == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "alembic", "-c", "nowhere.ini"), "nowhere.ini: there is no such file"),
        (("--format", "alembic", "-c", "empty.ini"), "empty.ini: no script_location in it"),
        (
            ("--format", "alembic", "-c", "lost.ini"),
            "lost.ini: Alembic cannot read its revisions: CommandError",
        ),
        (("--format", "alembic"), "Alembic cannot read its revisions: ZeroDivisionError"),
        (("--format", "sql", "-c", "alembic.ini"), "are for --format alembic"),
        (("--head", "first"), "are for --format alembic"),
    ],
)
def test_an_environment_that_cannot_be_read_is_named(
    options: tuple[str, ...], says: str, project: Path, run: Run
) -> None:
    (project / "empty.ini").write_text("[other]\n")
    (project / "lost.ini").write_text("[alembic]\nscript_location = lost\npath_separator = os\n")
    (project / "migrations" / "versions" / "broken.py").write_text("1 / 0\n")
    code, said = run("migrate", *options)
    assert (code, says in said, "Traceback" in said) == (2, True, False)
