"""Our reading of ignore files, held against git's."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idem_lint.settings.config import Config
from idem_lint.settings.globs import Glob, IgnoreRules, translate
from idem_lint.source.git_files import Excludes, walk
from tests.lint.ground.folders import make

NAMES = ["a", "b", "ab", "a b", "[a]", "!a", "#a", "a\\", "A", "é", "*", "a-"]
FOLDERS = ["", "a/", "b/", "a/b/", "a/b/a/", "b/a/", "é/", "a b/"]
PATTERNS = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "b",
                "ab",
                "A",
                "é",
                ".py",
                ".p?",
                "*",
                "**",
                "/",
                "/",
                "?",
                "\\",
                " ",
                "-",
                "#",
                "!",
                "^",
                "{a,b}",
            ),
            *(
                "[",
                "]",
                "[ab]",
                "[!a]",
                "[^a]",
                "[a-b]",
                "[b-a]",
                "[]a]",
                "[a-]",
                "[[:alpha:]]",
                "[[:nope:]]",
                "[\\]a]",
            ),
            *(
                "[!]a]",
                "[[:upper:][:digit:]]",
                "[[:a]",
                "[:a:]",
                "[a/b]",
                "**/",
                "/**",
                "/**/",
                "a/b",
                "\\*",
                "[[",
                "\t",
            ),
        ]
    ),
    max_size=6,
).map("".join)
LINE_ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])
FILES = st.lists(st.tuples(PATTERNS, LINE_ENDS), max_size=4).map(
    lambda lines: "".join(itertools.chain.from_iterable(lines))
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ignored")
    make(root, {f"{folder}{name}.py": "" for folder in FOLDERS for name in NAMES})
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def by_git(root: Path) -> set[str]:
    """What git does not ignore."""
    done = subprocess.run(
        ["git", "ls-files", "-o", "-z", "--exclude-standard"],
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        check=True,
    )
    return {path for path in os.fsdecode(done.stdout).split("\0") if path.endswith(".py")}


def by_walk(root: Path) -> set[str]:
    found = walk(str(root), Excludes(Config(root)))
    assert not found.problems
    return {os.path.relpath(path, root) for path in found.files}


@given(top=FILES, nested=FILES, exclude=FILES)
@example(top="a/\n!a/\n", nested="", exclude="b\n")
@example(top="\ufeffa*\r\n", nested="!a.py\n", exclude="")
@example(top="a b.py \n", nested="a\\ \n", exclude="")
@example(top="a b.py\\ \n", nested="\\", exclude="")
@example(top="**/b/**\n!/a/**/a/\n", nested="", exclude="/é/")
@example(top="a**b*\n*b/**\n", nested="[", exclude="[]-a].py\n")
@example(top="!a\n[!-b].py\n", nested="**\n!ab.py", exclude="")
@settings(max_examples=60)
def test_the_walk_ignores_what_git_ignores(project: Path, top: str, nested: str, exclude: str) -> None:
    make(project, {".gitignore": top, "a/.gitignore": nested, ".git/info/exclude": exclude})
    assert by_walk(project) == by_git(project)


MATCHES = [
    ("a", "a", True),
    ("a", "a/b/c.py", True),
    ("a", "b/a", False),
    ("a/", "a/x.py", True),
    ("./a/*.py", "a/x.py", True),
    ("a/*.py", "a/b/x.py", False),
    ("a/**", "a/b/x.py", True),
    ("a/**/x.py", "a/x.py", True),
    ("**/x.py", "x.py", True),
    ("**/x.py", "a/b/x.py", True),
    ("*", "a/b/x.py", True),
    ("**", "a/b/x.py", True),
    ("a?.py", "ab.py", True),
    ("[!a].py", "b.py", True),
    ("[!a].py", "/.py", False),
    ("[[:digit:]].py", "7.py", True),
    ("[z", "[z", False),
    ("a\\", "a\\", False),
    ("a\\*b", "a*b", True),
    ("a.c", "abc", False),
    ("x\n", "x\n", True),
    ("x", "x\n", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_a_glob_matches_a_path_or_a_folder_above_it(pattern: str, path: str, expected: bool) -> None:
    assert Glob(pattern).matches(path) is expected


@pytest.mark.parametrize(
    "pattern", [b"[", b"[a", b"[!", b"[]", b"a\\", b"[\\", b"[a-\\", b"[[:nope:]]", b"[["]
)
def test_a_pattern_that_can_match_nothing_is_known(pattern: bytes) -> None:
    assert translate(pattern) is None


def test_the_last_rule_that_matches_decides() -> None:
    rules = IgnoreRules([b"*.py", b"!keep.py", b"/build/", b"# no rule", b"", b"!", b"/"])
    assert rules.verdict(b"a/x.py", folder=False) is True
    assert rules.verdict(b"a/keep.py", folder=False) is False
    assert rules.verdict(b"build", folder=True) is True
    assert rules.verdict(b"build", folder=False) is None
    assert rules.verdict(b"a/build", folder=True) is None
