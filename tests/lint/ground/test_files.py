"""Which files a run is about, how they are decoded, how they are named."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import tempfile
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from idem_lint.config import Config
from idem_lint.files import Discovery, SourceFile, UsageError, context, decode, discover, problem, shown
from idem_lint.handlers import Place, Site
from tests.lint.ground.folders import make


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def names(found: Discovery | tuple[Path, ...], root: Path) -> list[str]:
    paths: Iterable[Path] = (file.path for file in found.files) if isinstance(found, Discovery) else found
    return [path.relative_to(root).as_posix() for path in paths]


def skipped(found: Discovery, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found.skipped]


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
    assert names(discover([Path("b/c")], config), project) == []
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


def refuse(folder: str) -> Callable[[str], os._ScandirIterator[str]]:
    real = os.scandir

    def scandir(path: str) -> os._ScandirIterator[str]:
        if path == folder:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    return scandir


def test_a_folder_that_cannot_be_read_is_a_problem(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind root, so refusal is played; git says it by a line on its error stream."""
    make(project, {"x.py": "", "shut/y.py": ""})
    monkeypatch.setattr(os, "scandir", refuse(str(project / "shut")))
    if os.environ["PATH"]:
        real = subprocess.run

        def warn(*args: object, **options: object) -> object:
            done = real(*args, **options)  # type: ignore[call-overload]
            done.stdout, done.stderr = b"? x.py\0", b"warning: could not open directory 'shut/'\n"
            return done

        monkeypatch.setattr(subprocess, "run", warn)
    found = discover([project], Config(project))
    assert names(found, project) == ["x.py"]
    assert found.problems == (Site(Place("shut", 1, 1), "cannot be read: Permission denied"),)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def as_nobody(answer: Callable[[], str]) -> str:
    """What ``answer`` says in a process of a user without rights."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside a test runner's threads
        child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            os.write(write, answer().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights")
@pytest.mark.parametrize(("mode", "problem"), [(0o700, "shut"), (0o744, "shut/y.py")])
@pytest.mark.parametrize("with_git", [True, False])
def test_what_permissions_forbid_is_a_problem(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, problem: str, with_git: bool
) -> None:
    make(open_folder, {"x.py": "", "shut/y.py": ""})
    git(open_folder, "init", "-q")
    git(open_folder, "add", "x.py")
    (open_folder / "shut").chmod(mode)
    monkeypatch.chdir(open_folder)
    monkeypatch.setenv("HOME", str(open_folder))
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": "*"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    if not with_git:
        monkeypatch.setenv("PATH", "")

    def answer() -> str:
        found = discover([open_folder], Config(open_folder))
        return f"{names(found, open_folder)} {[(site.place.file, site.what) for site in found.problems]}"

    assert as_nobody(answer) == f"['x.py'] [('{problem}', 'cannot be read: Permission denied')]"


def test_what_git_tracks_is_taken_wherever_it_lies(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".gitignore": "gen/\n",
            "build/x.py": "",
            "venv/y.py": "",
            "gen/z.py": "",
            "gone.py": "",
            "node_modules/n.py": "",
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "build/x.py", "gen/z.py", "gone.py", "node_modules/n.py")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "gen/new.py").touch()
    found = discover([tmp_path], Config(tmp_path))
    assert names(found, tmp_path) == ["build/x.py", "gen/z.py", "node_modules/n.py"]
    assert found.problems == ()
    assert skipped(found, tmp_path) == ["venv"]


def test_a_tracked_file_under_what_became_a_file_is_gone(tmp_path: Path) -> None:
    make(tmp_path, {"a/x.py": "", "y.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    (tmp_path / "a/x.py").unlink()
    (tmp_path / "a").rmdir()
    (tmp_path / "a").touch()
    assert discover([tmp_path], Config(tmp_path)) == Discovery((SourceFile(tmp_path / "y.py", False),))


def test_an_unmerged_file_is_listed_once(tmp_path: Path) -> None:
    make(tmp_path, {"x.py": "a = 0\n"})
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "1")
    git(tmp_path, "checkout", "-qb", "other")
    make(tmp_path, {"x.py": "a = 1\n"})
    git(tmp_path, "commit", "-qam", "2")
    git(tmp_path, "checkout", "-q", "main")
    make(tmp_path, {"x.py": "a = 2\n"})
    git(tmp_path, "commit", "-qam", "3")
    assert subprocess.run(
        ["git", "merge", "-q", "other"], cwd=tmp_path, capture_output=True, check=False
    ).returncode
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["x.py"]


def test_submodules_and_repositories_inside_are_searched(tmp_path: Path) -> None:
    origin = make(tmp_path / "origin", {"s.py": "", "build/t.py": ""})
    git(origin, "init", "-q")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "1")
    root = make(
        tmp_path / "root", {"x.py": "", "inner/y.py": "", "build/inner/z.py": "", ".gitignore": "s.py\n"}
    )
    git(root, "init", "-q")
    git(root / "inner", "init", "-q")
    git(root / "build/inner", "init", "-q")
    git(root, "submodule", "add", str(origin), "sub")
    git(root, "submodule", "add", str(origin), "unfetched")
    git(root, "submodule", "deinit", "-f", "unfetched")
    (root / "unfetched/new.py").touch()
    found = discover([root], Config(root))
    assert names(found, root) == ["inner/y.py", "sub/build/t.py", "sub/s.py", "unfetched/new.py", "x.py"]
    assert skipped(found, root) == ["build"]


def test_a_repository_inside_starts_afresh_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    make(
        tmp_path,
        {".git/": "", ".gitignore": "x.py\n", "inner/.git/": "", "inner/x.py": "", "x.py": "", "a/x.py": ""},
    )
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["inner/x.py"]


def test_a_hook_s_environment_does_not_lead_git_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"a/x.py": "", ".gitignore": "y.py\n", "a/y.py": ""})
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other-index")
    assert names(discover([tmp_path / "a"], Config(tmp_path)), tmp_path) == ["a/x.py"]


def test_where_git_refuses_the_walk_takes_over(tmp_path: Path) -> None:
    make(tmp_path, {".git": "gitdir: /nowhere\n", "a.py": "", "b.py": "", ".gitignore": "b.py\n"})
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["a.py"]


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
    with pytest.raises(UsageError, match="no such file or folder$"):
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


DECODED = [
    (b"", ""),
    (b"x = '\xc3\xa9'\r\n\x0cy\r", "x = 'é'\r\n\x0cy\r"),
    (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
    (b"# coding: latin-1\n\xe9", "# coding: latin-1\né"),
    (
        b"#!/bin/python\r\n# -*- coding: latin-1-unix -*-\r\n\xe9",
        "#!/bin/python\r\n# -*- coding: latin-1-unix -*-\r\né",
    ),
    (b"# vim: set fileencoding=cp1252 :\n\x80", "# vim: set fileencoding=cp1252 :\n€"),
    (b" \x0c\n # coding=UTF_8-dos\n\xc3\xa9", " \x0c\n # coding=UTF_8-dos\né"),
    (b"\n# coding: iso-latin-1-mac\n\xe9", "\n# coding: iso-latin-1-mac\né"),
    (b"# x\r# coding: latin-1\r\xe9", "# x\r# coding: latin-1\ré"),
    (b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n"),
    (b"\n\n# coding: nope\n", "\n\n# coding: nope\n"),
    (b"# encoding\n# decoding it\n", "# encoding\n# decoding it\n"),
    (b"#" + b"x" * 3000 + b" coding: latin-1\n\xe9", "#" + "x" * 3000 + " coding: latin-1\né"),
]


@pytest.mark.parametrize(("source", "text"), DECODED, ids=range(len(DECODED)))
def test_a_source_is_decoded_as_its_coding_line_says(source: bytes, text: str) -> None:
    assert decode(source) == text


UNDECODABLE = [
    (b"# coding: nope\n", 1, "the coding line names nope, which is no text encoding"),
    (b"# coding: hex\n", 1, "the coding line names hex, which is no text encoding"),
    (b"# coding: undefined\n", 1, "cannot be decoded as undefined"),
    (
        b"\xef\xbb\xbf# coding: latin-1\n",
        1,
        "the coding line says iso-8859-1, the byte order mark says utf-8",
    ),
    (b"x = 1\ny = '\xe9'\n", 2, "byte 0xe9 is not utf-8, and no coding line names another encoding"),
    (b"# coding: ascii\ny = '\xe9'\n", 2, "byte 0xe9 is not ascii, which the coding line names"),
    (b"\xff\xfex\x00", 1, "byte 0xff is not utf-8"),
]


@pytest.mark.parametrize(("source", "line", "message"), UNDECODABLE)
def test_a_source_that_cannot_be_decoded_is_a_syntax_error_with_its_line(
    source: bytes, line: int, message: str
) -> None:
    with pytest.raises(SyntaxError, match=re.escape(message)) as caught:
        decode(source)
    assert (caught.value.lineno, caught.value.offset) == (line, 1)


HEADS = st.lists(
    st.sampled_from(
        [
            b"#",
            b"# ",
            b"coding",
            b":",
            b"=",
            b" ",
            b"utf-8",
            b"latin-1",
            b"cp1252",
            b"nope",
            b"-unix",
            b"\n",
            b"\r\n",
        ]
        + [
            b"\xef\xbb\xbf",
            b"\xe9",
            b"\xc3\xa9",
            b"x = 1",
            b"\x0c",
            b"# coding: latin-1",
            b"# coding=utf8",
            b"iso_8859_1",
        ]
    ),
    max_size=8,
).map(b"".join)


@given(HEADS)
@settings(max_examples=500)
def test_any_source_is_decoded_as_python_does(source: bytes) -> None:
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(source).readline)
        expected = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        expected = None
    try:
        found = decode(source)
    except SyntaxError:
        found = None
    if expected is None and found is not None:
        # tokenize wants the coding line itself to be UTF-8; the compiler does not, and it is what runs the file.
        assume(b"\x00" not in source)
        try:
            ast.parse(source)
        except SyntaxError as error:
            assert "encod" not in str(error)
            assert "utf-8" not in str(error)
        return
    assert found == expected


def test_git_is_not_run_for_files_that_are_named(tmp_path: Path) -> None:
    make(tmp_path, {"x.py": "", ".git/": ""})
    program = (
        "import sys\nfrom pathlib import Path\nfrom idem_lint.config import Config\nfrom idem_lint.files import discover\n"
        f"assert discover([Path({str(tmp_path / 'x.py')!r})], Config(Path({str(tmp_path)!r}))).files\n"
        "assert not {'subprocess', 'glob', 'difflib', 'tempfile', 'logging', 'asyncio'} & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
