"""Which files a run is about, how they are decoded, how they are named."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from idem_lint.settings.config import Config
from idem_lint.source.discovery import Discovery, SourceFile, UsageError, context, discover, problem, shown
from tests.lint.ground.folders import git, make, names, skipped


def test_python_files_below_a_folder_are_found(project: Path) -> None:
    make(
        project, {"b/x.py": "", "a.py": "", "b/c/gui.pyw": "", "b/stub.pyi": "", "c.txt": "", "d.py/e.py": ""}
    )
    found = discover([project], Config(project))
    assert names(found, project) == ["a.py", "b/c/gui.pyw", "b/x.py", "d.py/e.py"]
    assert not any(file.explicit for file in found.files)
    assert names(discover([], Config(project)), project) == names(found, project)
    assert names(context(Config(project)), project) == names(found, project)
    assert names(discover([Path("b"), project / "b/x.py"], Config(project)), project) == [
        "b/c/gui.pyw",
        "b/x.py",
    ]


def test_ignored_files_are_left_out(project: Path) -> None:
    make(
        project,
        {
            ".gitignore": "*_gen.py\n/out/\n!keep_gen.py\n",
            ".git/info/exclude": "private.py\n",
            "a/.gitignore": "!x_gen.py\nlocal/\n",
            "a/x_gen.py": "",
            "a/y_gen.py": "",
            "a/local/z.py": "",
            "b/keep_gen.py": "",
            "b/y_gen.py": "",
            "b/private.py": "",
            "out/z.py": "",
            "b/out/z.py": "",
        },
    )
    expected = ["a/x_gen.py", "b/keep_gen.py", "b/out/z.py"]
    assert names(discover([project], Config(project)), project) == expected
    assert names(discover([project / "a"], Config(project)), project) == expected[:1]
    assert names(discover([project / "b"], Config(project)), project) == expected[1:]


def test_a_file_or_folder_that_is_named_is_taken_even_if_ignored(project: Path) -> None:
    make(project, {".gitignore": "out/\n*.gen\n", "out/a.py": "", "out/b/c.py": "", "x.gen": "", "y.py": ""})
    assert names(discover([Path("out")], Config(project)), project) == ["out/a.py", "out/b/c.py"]
    named = discover([Path("x.gen"), Path("out/a.py")], Config(project))
    assert named.files == (SourceFile(project / "out/a.py", True), SourceFile(project / "x.gen", True))
    both = discover([Path("y.py"), Path()], Config(project))
    assert both.files == (SourceFile(project / "y.py", True),)


def test_folders_that_hold_no_source_are_left_out_and_those_that_could_are_named(project: Path) -> None:
    make(
        project,
        {
            **{
                f"{name}/x.py": ""
                for name in (".venv", "a/node_modules", ".tox", ".nox", ".eggs", "__pycache__")
            },
            **{f"{name}/x.py": "" for name in ("build", "a/dist", "venv")},
            "env/pyvenv.cfg": "",
            "env/lib/site-packages/x.py": "",
            "pay/build/__init__.py": "",
            "site-packages/x.py": "",
            "build.py": "",
        },
    )
    found = discover([project], Config(project))
    assert names(found, project) == ["build.py", "pay/build/__init__.py", "site-packages/x.py"]
    assert skipped(found, project) == ["a/dist", "build", "env", "venv"]
    kept = discover([project], Config(project, exclude=("!dist", "!/env/")))
    assert names(kept, project)[:1] == ["a/dist/x.py"]
    assert skipped(kept, project) == ["build", "venv"]
    assert names(discover([Path("build"), Path(".venv")], Config(project)), project) == [
        ".venv/x.py",
        "build/x.py",
    ]


def test_exclude_takes_out_what_is_found_and_what_is_named(project: Path) -> None:
    make(project, {"a/x.py": "", "a/x_pb2.py": "", "b/c/y.py": "", "b/z.py": ""})
    config = Config(project, exclude=("*_pb2.py", "/b/c", "!b/z.py"))
    assert names(discover([project], config), project) == ["a/x.py", "b/z.py"]
    named = discover([Path("b/c/y.py"), Path("a/x_pb2.py"), Path("a/x.py")], config)
    assert names(named, project) == ["a/x.py"]
    assert skipped(named, project) == ["a/x_pb2.py", "b/c/y.py"]
    assert discover([Path("b/c")], config) == Discovery((), skipped=(project / "b/c",))
    assert names(context(config), project) == ["a/x.py", "a/x_pb2.py", "b/c/y.py", "b/z.py"]


def test_exclude_speaks_only_of_what_lies_below_the_configuration_file(project: Path) -> None:
    make(project, {"sub/x.py": "", "x.py": "", "build/x.py": ""})
    config = Config(project, project / "sub/pyproject.toml", exclude=("x.py",))
    found = discover([project], config)
    assert names(found, project) == ["x.py"]
    assert skipped(found, project) == ["build"]


def test_links_to_files_are_taken_and_links_to_folders_are_not_followed(project: Path) -> None:
    make(project, {"a/x.py": "", "z/": ""})
    os.symlink("x.py", project / "a/y.py")
    os.symlink("../a", project / "a/loop")
    os.symlink("../a", project / "z/other.py")
    assert names(discover([project], Config(project)), project) == ["a/x.py", "a/y.py"]
    assert names(discover([project / "z/other.py"], Config(project)), project) == [
        "z/other.py/x.py",
        "z/other.py/y.py",
    ]


def test_what_cannot_be_read_is_a_problem(project: Path) -> None:
    make(project, {"x.py": ""})
    os.symlink("nowhere.py", project / "dead.py")
    os.symlink("loop.py", project / "loop.py")
    os.symlink("host:1", project / ".#x.py")
    os.mkfifo(project / "pipe.py")
    found = discover([project, Path("pipe.py")], Config(project))
    assert names(found, project) == ["x.py"]
    assert [(site.place.file, site.what) for site in found.problems] == [
        ("dead.py", "cannot be read: it is a link to nothing"),
        ("loop.py", "cannot be read: Too many levels of symbolic links"),
        ("pipe.py", "cannot be read: it is no regular file"),
    ]
    assert [site.place.file for site in discover([Path(".#x.py")], Config(project)).problems] == [".#x.py"]
    assert discover([project], Config(project, exclude=("loop.py", "dead.py", "pipe.py"))).problems == ()


def test_names_need_not_be_utf_8_nor_one_line(project: Path) -> None:
    strange = os.fsdecode(b"caf\xe9\n\t \"'.py")
    (project / strange).touch()
    found = discover([project], Config(project))
    assert [file.path.name for file in found.files] == [strange]
    assert shown(found.files[0].path) == "caf\\xe9\n\t \"'.py"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*.py", ["a/x.py", "a/y.py"]),
        ("a/*", ["a/b/z.py", "a/x.py", "a/y.py"]),
        ("**/*.py", ["a/b/z.py", "a/x.py", "a/y.py"]),
        ("a/**", ["a/b/z.py", "a/x.py", "a/y.py"]),
        ("**", ["a/b/z.py", "a/x.py", "a/y.py"]),
        ("**/b/", ["a/b/z.py"]),
        ("a/[x].py", ["a/x.py"]),
        ("a/?.py", ["a/x.py", "a/y.py"]),
        ("./a/../a/x.*", ["a/x.py"]),
        ("a/*.txt", ["a/t.txt"]),
        (".h*/*.py", [".h/x.py"]),
        ("a/**/z.py", ["a/b/z.py"]),
    ],
)
def test_globs_the_shell_did_not_expand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, expected: list[str]
) -> None:
    make(
        tmp_path,
        {
            "a/x.py": "",
            "a/y.py": "",
            "a/t.txt": "",
            "a/b/z.py": "",
            "docs/x.md": "",
            ".h/x.py": "",
            "a/e/": "",
        },
    )
    for loop in "12345":
        os.symlink("..", tmp_path / "a" / loop)
    monkeypatch.chdir(tmp_path)
    found = [
        name
        for name in names(discover([Path(pattern)], Config(tmp_path)), tmp_path)
        if name[2] not in "12345"
    ]
    assert [name for name in found if not name.startswith(".h") or pattern.startswith(".")] == expected
    absolute = discover([tmp_path / pattern], Config(tmp_path))
    assert absolute == discover([Path(pattern)], Config(tmp_path))


def test_a_name_that_looks_like_a_glob_and_exists_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"[id].py": "", "i.py": ""})
    monkeypatch.chdir(tmp_path)
    assert names(discover([Path("[id].py")], Config(tmp_path)), tmp_path) == ["[id].py"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("walet", 'walet: no such file or folder; did you mean "wallet"?'),
        ("wallet/appi.py", 'wallet/appi.py: no such file or folder; did you mean "wallet/api.py"?'),
        ("walet/api.py", 'walet/api.py: no such file or folder; did you mean "wallet"?'),
        ("wallet/api.py/x", 'wallet/api.py/x: no such file or folder; did you mean "wallet/api.py"?'),
        ("zzz", "zzz: no such file or folder"),
        ("nope/*.py", "nope/*.py: the pattern matches nothing"),
        ("nope/**", "nope/**: the pattern matches nothing"),
        ("wallet/*.[p", "wallet/*.[p: the pattern matches nothing"),
        ("docs/*", "docs/*: the pattern matches only files that are not Python"),
        ("docs", "docs: no Python file below this folder"),
        ("dist", "dist: no Python file below this folder (left out by default: dist/build)"),
    ],
)
def test_a_path_that_stands_for_nothing_is_an_error_with_the_nearest_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    make(tmp_path, {"wallet/api.py": "", "docs/x.md": "", "dist/build/y.py": ""})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=re.escape(message) + "$"):
        discover([Path(path)], Config(tmp_path))


def test_a_folder_without_python_beside_one_with_is_no_error(tmp_path: Path) -> None:
    make(tmp_path, {"a/x.py": "", "docs/x.md": ""})
    assert names(discover([tmp_path / "docs", tmp_path / "a"], Config(tmp_path)), tmp_path) == ["a/x.py"]


def test_an_empty_work_tree_is_an_error(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, {".gitignore": "x.py\n", "x.py": ""})
    with pytest.raises(UsageError, match="no Python file below this folder"):
        discover([tmp_path], Config(tmp_path))


def test_the_nearest_spelling_is_left_out_where_a_folder_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listdir(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", listdir)
    with pytest.raises(UsageError, match=r"no such file or folder$"):
        discover([tmp_path / "x.py"], Config(tmp_path))


def test_without_a_project_root_the_context_is_the_folders_that_are_named(tmp_path: Path) -> None:
    make(tmp_path, {"a/x.py": "", "a/b/y.py": "", "c/z.py": "", "d/w.py": ""})
    config = Config(Path(tmp_path.anchor))
    assert context(config) == ()
    assert names(context(config, [tmp_path / "a/x.py", tmp_path / "c"]), tmp_path) == [
        "a/b/y.py",
        "a/x.py",
        "c/z.py",
    ]


def test_paths_are_shown_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a/": "", "ab/": ""})
    monkeypatch.chdir(tmp_path / "a")
    assert shown(tmp_path / "a/b/x.py") == "b/x.py"
    assert shown(Path("b/../x.py")) == "x.py"
    assert shown(tmp_path / "ab/x.py") == f"{tmp_path.as_posix()}/ab/x.py"
    assert shown(tmp_path / "a") == "."
    assert shown(tmp_path / "a/é.py") == "é.py"


def test_a_problem_says_what_the_system_said() -> None:
    assert (
        problem(Path("x.py"), PermissionError(13, "Permission denied")).what
        == "cannot be read: Permission denied"
    )
    assert problem(Path("x.py"), OSError("odd")).what == "cannot be read: odd"


def test_a_socket_is_no_source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.py")
        assert [site.place.file for site in discover([Path("s.py")], Config(tmp_path)).problems] == ["s.py"]


def test_git_is_not_run_for_files_that_are_named(tmp_path: Path) -> None:
    make(tmp_path, {"x.py": "", ".git/": ""})
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom pathlib import Path\nfrom idem_lint.settings.config import Config\nfrom idem_lint.source.discovery import discover\n"
        f"assert discover([Path({str(tmp_path / 'x.py')!r})], Config(Path({str(tmp_path)!r}))).files\n"
        "assert not {'subprocess', 'difflib', 'tempfile', 'logging', 'asyncio'} & (set(sys.modules) - before)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_notebook_that_is_named_is_an_error_and_one_in_a_folder_is_passed_over(project: Path) -> None:
    make(project, {"a.ipynb": "{}", "b.py": ""})
    with pytest.raises(UsageError, match=r"a\.ipynb: a notebook is not read"):
        discover([Path("a.ipynb")], Config(project))
    assert names(discover([project], Config(project)), project) == ["b.py"]
