"""``[tool.idem-lint]``: what it may say, and the message for anything else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from idem_lint.rules import RULES
from idem_lint.settings.config import (
    CODES,
    KEYS,
    Config,
    ConfigError,
    check_globs,
    ignored_codes,
)
from idem_lint.settings.config_files import Configurations, find_root, load
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS
from tests.lint.ground.folders import make


def configured(tmp_path: Path, table: str) -> Config:
    """The configuration of a project whose table holds the lines of ``table``."""
    make(tmp_path, {"pyproject.toml": f"[tool.idem-lint]\n{table}\n"})
    return load(tmp_path)


def test_without_a_table_the_defaults_are_used(tmp_path: Path) -> None:
    make(tmp_path, {"pyproject.toml": "[project]\nname = 'x'\n", ".git/": ""})
    assert load(tmp_path) == Config(tmp_path)
    assert load(tmp_path).domains == ("wallet", "payroll", "ewa", "lending", "savings")
    assert load(tmp_path).base == tmp_path


def test_a_file_that_only_mentions_the_name_is_no_configuration(tmp_path: Path) -> None:
    make(tmp_path, {"pyproject.toml": "# idem-lint\n[tool.other]\n", ".git/": ""})
    assert load(tmp_path).source is None
    make(tmp_path, {"pyproject.toml": "tool = 'idem-lint'\n"})
    assert load(tmp_path).source is None


def test_every_key_is_read(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
        preset = "adr007"
        domains = ["wallet", "treasury"]
        extend-domains = ["fx", "wallet"]
        domain-paths = ["apps/pay/**"]
        exclude = ["/generated", "!build", "*_pb2.py"]
        extend-marks = ["bank.marks.guarded"]
        routers = ["company.web.endpoint"]
        select = ["IDM00"]
        ignore = ["IDM008"]
        per-file-ignores = { "tests/**" = ["IDM"], "conftest.py" = ["IDM001", "IDM01"] }
        """,
    )
    assert config == Config(
        find_root(tmp_path),
        tmp_path / "pyproject.toml",
        domains=("wallet", "treasury", "fx"),
        domain_paths=("apps/pay/**",),
        exclude=("/generated", "!build", "*_pb2.py"),
        extend_marks={"bank.marks.guarded": "money_moving"},
        routers={"company.web.endpoint": "POST"},
        select=("IDM00",),
        ignore=("IDM008",),
        per_file_ignores={"tests/**": ("IDM",), "conftest.py": ("IDM001", "IDM01")},
        sources=config.sources,
        said_by=config.said_by,
    )
    assert set(config.sources.values()) == {tmp_path / "pyproject.toml"}
    assert set(config.said_by.values()) == {(tmp_path / "pyproject.toml",)}
    assert config.base == tmp_path


def test_a_table_says_what_a_callable_registers(tmp_path: Path) -> None:
    table = '{ "web.endpoint" = "POST", "web.Server.on" = "verb", web = "methods", "cache.memo" = "nothing" }'
    assert configured(tmp_path, f"routers = {table}").routers == {
        "web.endpoint": "POST",
        "web.Server.on": "verb",
        "web": "methods",
        "cache.memo": "nothing",
    }


def test_tables_name_the_domain_and_the_mark(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
        domain-paths = { "apps/pay/**" = "payments", "x" = "bill payment" }
        extend-marks = { "bank.guarded" = "money_moving", "bank.reads" = "not_money_moving", local = "money_moving" }
        """,
    )
    assert config.domain_paths == ("apps/pay/**", "x")
    assert config.domain_names == {"apps/pay/**": "payments", "x": "bill payment"}
    assert config.extend_marks == {
        "bank.guarded": "money_moving",
        "bank.reads": "not_money_moving",
        "local": "money_moving",
    }


@pytest.mark.parametrize(
    ("table", "domains"),
    [
        ("", DEFAULT_DOMAINS),
        ('preset = "adr007"', DEFAULT_DOMAINS),
        (
            'preset = "adr007-extended"',
            (*DEFAULT_DOMAINS, "bnpl", "bill-payment", "settlement", "payout", "webhook"),
        ),
        (
            'preset = "adr007-extended"\ndomains = ["x"]',
            ("x", "bnpl", "bill-payment", "settlement", "payout", "webhook"),
        ),
        ('extend-domains = ["fx"]', (*DEFAULT_DOMAINS, "fx")),
        ('domains = []\ndomain-paths = ["a/**"]', ()),
    ],
)
def test_domains_are_put_together(tmp_path: Path, table: str, domains: tuple[str, ...]) -> None:
    assert configured(tmp_path, table).domains == domains


WRONG = [
    ('domian = ["x"]', 'the unknown key "domian"', "domains, extend-domains", 'did you mean "domains"?'),
    ("zzzzzz = 1", 'the unknown key "zzzzzz"', ", ".join(KEYS), ""),
    ('domains = "wallet"', 'domains: found "wallet"', "a list of strings", 'did you mean ["wallet"]?'),
    ("domains = 3", "domains: found 3", "a list of strings", ""),
    ("domains = true", "domains: found true", "a list of strings", ""),
    ("domains = [1]", "domains: found 1", "a string", ""),
    ("domains = { a = 1 }", "domains: found a table", "a list of strings", ""),
    ('domains = [""]', 'domains: found ""', "names of one or more words", ""),
    ('extend-domains = ["a/b"]', 'extend-domains: found "a/b"', "names of one or more words", ""),
    ("domains = []", "domains: found an empty list", "at least one name", ""),
    (
        'preset = "adr07"',
        'preset: found "adr07"',
        '"adr007" or "adr007-extended" or "money"',
        'did you mean "adr007"?',
    ),
    ("preset = 7", "preset: found 7", "a string", ""),
    ("domain-paths = 1", "domain-paths: found 1", "a list of strings, or a table glob", ""),
    ('domain-paths = "a"', 'domain-paths: found "a"', "a list of strings, or a table glob", ""),
    ('domain-paths = ["/a"]', 'domain-paths: found "/a"', "globs relative to", ""),
    ('domain-paths = ["../a"]', 'domain-paths: found "../a"', "globs relative to", ""),
    ('domain-paths = ["C:/a"]', 'domain-paths: found "C:/a"', "globs relative to", ""),
    ('domain-paths = [""]', 'domain-paths: found ""', "globs relative to", ""),
    ('domain-paths = ["a[b"]', 'domain-paths: found "a[b"', "closed brackets", ""),
    ('domain-paths = { "a/**" = 1 }', 'domain-paths."a/**": found 1', "a string", ""),
    ('domain-paths = { "a/**" = "-" }', 'domain-paths."a/**": found "-"', "names of one or more words", ""),
    ('exclude = "x"', 'exclude: found "x"', "a list of strings", 'did you mean ["x"]?'),
    ('exclude = ["!"]', 'exclude: found ""', "globs relative to", ""),
    ('extend-marks = ["a b"]', 'extend-marks: found "a b"', "dotted names", ""),
    ('extend-marks = ["a..b"]', 'extend-marks: found "a..b"', "dotted names", ""),
    ('extend-marks = "a.b"', 'extend-marks: found "a.b"', "a list of strings, or a table", ""),
    (
        'extend-marks = { "a.b" = "money-moving" }',
        'extend-marks."a.b": found "money-moving"',
        '"money_moving" or "not_money_moving"',
        'did you mean "money_moving"?',
    ),
    ('extend-marks = { "a.b" = true }', 'extend-marks."a.b": found true', "a string", ""),
    ('routers = "a.b"', 'routers: found "a.b"', "a list of strings, or a table", ""),
    ('routers = ["a/b"]', 'routers: found "a/b"', "dotted names", ""),
    (
        'routers = { "a.b" = "none" }',
        'routers."a.b": found "none"',
        '"POST" or "verb" or "methods" or "nothing"',
        'did you mean "nothing"?',
    ),
    ('routers = { "a.b" = "post" }', 'routers."a.b": found "post"', '"POST" or', 'did you mean "POST"?'),
    ('routers = { "a.b" = ["POST"] }', 'routers."a.b": found', "a string", ""),
    ('select = ["IDM99"]', 'select: found "IDM99"', "IDM001, IDM002", "did you mean"),
    ('select = ["idm001"]', 'select: found "idm001"', "IDM001, IDM002", 'did you mean "IDM001"?'),
    ('ignore = [""]', 'ignore: found ""', "rule codes or their prefixes", ""),
    ('ignore = ["E501"]', 'ignore: found "E501"', "rule codes or their prefixes", ""),
    ("per-file-ignores = []", "per-file-ignores: found an empty list", "a table glob", ""),
    (
        'per-file-ignores = { "a" = "IDM001" }',
        'per-file-ignores."a": found "IDM001"',
        "a list",
        '["IDM001"]?',
    ),
    ('per-file-ignores = { "a" = ["X1"] }', 'per-file-ignores."a": found "X1"', "rule codes", ""),
    ('per-file-ignores = { "/a" = ["IDM"] }', 'per-file-ignores: found "/a"', "globs relative to", ""),
]


@pytest.mark.parametrize(("table", "found", "allowed", "hint"), WRONG, ids=[case[0] for case in WRONG])
def test_anything_else_is_an_error_that_says_what_to_write(
    tmp_path: Path, table: str, found: str, allowed: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, table)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'pyproject.toml'}: [tool.idem-lint]")
    assert found in message
    assert allowed in message
    assert (hint in message) if hint else ("did you mean" not in message)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("create", "message"),
    [
        (lambda path: path.write_text("[tool.idem-lint\n"), "is not valid TOML: .*line 1"),
        (lambda path: path.write_bytes(b"[tool.idem-lint]\nx = '\xe9'\n"), "is not valid TOML: .*utf-8"),
        (_folder, "cannot be read: Is a directory"),
        (
            lambda path: path.write_text("[tool]\nidem-lint = 3\n"),
            r"tool.idem-lint: found 3; allowed: a table",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(
    tmp_path: Path, create: Callable[[Path], None], message: str
) -> None:
    create(tmp_path / "pyproject.toml")
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "pyproject.toml")) + ": " + message):
        load(tmp_path)


@pytest.mark.parametrize("name", ["idem_lint", "idemlint", "IDEM-lint", "idem-guard", "'Idem_Guard'"])
def test_a_table_under_a_name_like_ours_is_an_error(tmp_path: Path, name: str) -> None:
    make(tmp_path, {"pyproject.toml": f'[tool.{name}]\ndomains = ["x"]\n'})
    with pytest.raises(ConfigError, match=r"found \[tool\..*\]; allowed: \[tool.idem-lint\]; did you mean"):
        load(tmp_path)


def test_a_table_of_another_tool_is_not_ours(tmp_path: Path) -> None:
    make(tmp_path, {"pyproject.toml": "[tool.idempotent]\n[tool.idem-runtime]\n", ".git/": ""})
    assert load(tmp_path).source is None


def test_the_nearest_file_with_the_table_counts(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".git/": "",
            "pyproject.toml": '[tool.idem-lint]\ndomains = ["outer"]\n',
            "a/pyproject.toml": '[tool.idem-lint]\ndomains = ["inner"]\n',
            "a/b/pyproject.toml": "[project]\n",
            "a/b/c.py": "",
            "d/e.py": "",
        },
    )
    assert load(tmp_path / "a/b/c.py").domains == ("inner",)
    assert load(tmp_path / "a/b").source == tmp_path / "a/pyproject.toml"
    assert load(tmp_path / "d/e.py").domains == ("outer",)
    assert load(tmp_path / "a/b/c.py").root == tmp_path


def test_an_explicit_file_wins_and_needs_the_table(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".git/": "",
            "pyproject.toml": '[tool.idem-lint]\ndomains = ["near"]\n',
            "etc/lint.toml": '[tool.idem-lint]\ndomains = ["named"]\n',
            "empty.toml": "",
        },
    )
    config = load(tmp_path, tmp_path / "etc/lint.toml")
    assert (config.domains, config.source, config.root) == (("named",), tmp_path / "etc/lint.toml", tmp_path)
    assert config.base == tmp_path / "etc"
    with pytest.raises(ConfigError, match=r"empty.toml: has no \[tool.idem-lint\] table"):
        load(tmp_path, tmp_path / "empty.toml")
    with pytest.raises(ConfigError, match=r"missing.toml: cannot be read: No such file"):
        load(tmp_path, tmp_path / "missing.toml")


ROOTS = [
    ("a folder .git", {"r/.git/": "", "r/a/pyproject.toml": "", "r/a/b/x.py": ""}, "r/a/b/x.py", "r"),
    ("a file .git", {"r/.git": "gitdir: x", "r/a/b/x.py": "", "setup.py": ""}, "r/a/b", "r"),
    ("the nearest .git", {".git/": "", "r/.git": "", "r/x.py": ""}, "r/x.py", "r"),
    (
        "the outermost pyproject",
        {"r/pyproject.toml": "", "r/a/setup.py": "", "r/a/b/x.py": ""},
        "r/a/b/x.py",
        "r",
    ),
    ("setup.cfg", {"r/setup.cfg": "", "r/a/x.py": ""}, "r/a/x.py", "r"),
    ("a file that does not exist", {"r/setup.cfg": ""}, "r/a/new.py", "r"),
]


@pytest.mark.parametrize(
    ("tree", "path", "root"), [case[1:] for case in ROOTS], ids=[case[0] for case in ROOTS]
)
def test_the_root_of_a_project(tmp_path: Path, tree: dict[str, str], path: str, root: str) -> None:
    make(tmp_path, tree)
    assert find_root(tmp_path / path) == tmp_path / root


def test_a_configuration_file_above_marks_the_root(tmp_path: Path) -> None:
    make(tmp_path, {"r/lint.toml": "", "r/a/setup.py": "", "r/a/x.py": ""})
    assert find_root(tmp_path / "r/a/x.py", tmp_path / "r/lint.toml") == tmp_path / "r"
    assert find_root(tmp_path / "r/a/x.py", tmp_path / "elsewhere/lint.toml") == tmp_path / "r/a"


def test_without_a_marker_the_working_directory_is_the_root_or_the_whole_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"a/b/x.py": "", "c/": ""})
    monkeypatch.chdir(tmp_path / "a")
    assert find_root(Path("b/x.py")) == tmp_path / "a"
    monkeypatch.chdir(tmp_path / "c")
    assert find_root(tmp_path / "a/b/x.py") == Path(tmp_path.anchor)


def test_per_file_ignores_match_a_path_or_a_name_at_any_depth(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        'per-file-ignores = { "tests" = ["IDM001"], "api/*.py" = ["IDM002"], "*_old.py" = ["IDM003", "IDM9"] }',
    )
    cases = {
        "tests/a/b.py": ("IDM001",),
        "x/tests/b.py": ("IDM001",),
        "api/x.py": ("IDM002",),
        "api/x_old.py": ("IDM002", "IDM003", "IDM9"),
        "api/v1/x.py": (),
        "other/api/x.py": (),
    }
    assert {path: ignored_codes(config, tmp_path / path) for path in cases} == cases
    assert ignored_codes(config, tmp_path.parent / "tests/x.py") == ()


def test_paths_below_the_root_of_the_file_system_are_relative_to_it() -> None:
    assert Config(Path("/")).relative(Path("/a/b.py"), "exclude") == "a/b.py"


GLOBS = [
    ("apps/pay/**", None),
    ("apps/pay", None),
    ("./apps/pay/", None),
    ("apps/*/api.py", None),
    ("**/api.py", None),
    ("**/pay/**", None),
    ("apps/pay/a?i.[p]y", None),
    ("aps/pay/**", 'did you mean "apps/pay/**"?'),
    ("apps/pay/apy.py", 'did you mean "apps/pay/api.py"?'),
    ("api.py", "api.py"),
    ("apps/*/nothing.py", ""),
    ("*.txt", ""),
]


@pytest.mark.parametrize(("glob", "hint"), GLOBS)
def test_a_domain_glob_that_matches_nothing_is_an_error(tmp_path: Path, glob: str, hint: str | None) -> None:
    config = configured(tmp_path, f'domain-paths = ["{glob}"]')
    files = [tmp_path / "apps/pay/api.py", tmp_path / "zzz/qqq.py", tmp_path.parent / "outside.py"]
    if hint is None:
        check_globs(config, files)
        return
    with pytest.raises(ConfigError) as caught:
        check_globs(config, files)
    assert f'domain-paths: found "{glob}", which matches no Python file' in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
    assert hint in str(caught.value)


def test_without_domain_globs_there_is_nothing_to_check(tmp_path: Path) -> None:
    check_globs(Config(tmp_path), [])


def test_the_codes_a_configuration_may_name_are_those_of_the_rules() -> None:
    assert tuple(sorted(rule.code for rule in RULES)) == CODES


def test_defaults_cost_neither_a_toml_parser_nor_difflib(tmp_path: Path) -> None:
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom pathlib import Path\nfrom idem_lint.settings.config_files import load\n"
        f"load(Path({str(tmp_path)!r}))\n"
        "assert not {'tomllib', 'difflib', 'subprocess', 'json', 'tempfile'} & (set(sys.modules) - before)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], env=dict(os.environ), check=False).returncode == 0


EXTENDED: list[tuple[str, str, dict[str, object]]] = [
    ('extend-domains = ["a"]', 'extend-domains = ["b"]', {"domains": (*DEFAULT_DOMAINS, "a", "b")}),
    ('ignore = ["IDM001"]', 'ignore = ["IDM002"]', {"ignore": ("IDM002",)}),
    ('ignore = ["IDM001"]', "", {"ignore": ("IDM001",)}),
    (
        'extend-marks = ["a.b"]',
        'extend-marks = { "c.d" = "not_money_moving" }',
        {"extend_marks": {"a.b": "money_moving", "c.d": "not_money_moving"}},
    ),
    ('preset = "money"', 'domains = ["x"]', {"domains": ("x", *PRESETS["money"])}),
]


@pytest.mark.parametrize(("above", "below", "values"), EXTENDED)
def test_a_file_takes_over_what_it_does_not_say(
    tmp_path: Path, above: str, below: str, values: dict[str, object]
) -> None:
    make(
        tmp_path,
        {
            "pyproject.toml": f"[tool.idem-lint]\n{above}\n",
            "a/pyproject.toml": f'[tool.idem-lint]\nextend = "../pyproject.toml"\n{below}\n',
        },
    )
    config = load(tmp_path / "a")
    assert {name: getattr(config, name) for name in values} == values


def test_globs_that_are_taken_over_are_relative_to_the_file_that_says_them(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "pyproject.toml": '[tool.idem-lint]\nexclude = ["/a/x.py"]\n',
            "a/pyproject.toml": '[tool.idem-lint]\nextend = "../pyproject.toml"\nignore = []\n',
        },
    )
    config = load(tmp_path / "a")
    assert config.base_of("exclude") == tmp_path
    assert config.base_of("ignore") == config.base_of("per-file-ignores") == tmp_path / "a"


CIRCLE = {
    "pyproject.toml": '[tool.idem-lint]\nextend = "a/pyproject.toml"\n',
    "a/pyproject.toml": '[tool.idem-lint]\nextend = "../pyproject.toml"\n',
}
WRONG_EXTENDS: list[tuple[dict[str, str], str]] = [
    (CIRCLE, "which goes round in a circle: "),
    ({"a/pyproject.toml": '[tool.idem-lint]\nextend = "../gone.toml"\n'}, "; there is no file "),
    (
        {"pyproject.toml": "", "a/pyproject.toml": '[tool.idem-lint]\nextend = "../pyproject.toml"\n'},
        "which has no [tool.idem-lint] table",
    ),
    ({"a/pyproject.toml": "[tool.idem-lint]\nextend = 1\n"}, "found 1; allowed: the path of a file"),
    ({"a/pyproject.toml": '[tool.idem-lint]\nextend = ""\n'}, 'found ""; allowed: the path of a file'),
    (
        {
            "pyproject.toml": '[tool.idem-lint]\nextend-domains = "x"\n',
            "a/pyproject.toml": '[tool.idem-lint]\nextend = "../pyproject.toml"\nextend-domains = ["y"]\n',
        },
        "",
    ),
    (
        {
            "pyproject.toml": "[tool.idem-lint]\nselect = 1\n",
            "a/pyproject.toml": '[tool.idem-lint]\nextend = "../pyproject.toml"\n',
        },
        "{root}/pyproject.toml: [tool.idem-lint] select: found 1",
    ),
]


@pytest.mark.parametrize(("files", "message"), WRONG_EXTENDS, ids=range(len(WRONG_EXTENDS)))
def test_what_cannot_be_extended_is_an_error(tmp_path: Path, files: dict[str, str], message: str) -> None:
    make(tmp_path, files)
    if not message:
        assert load(tmp_path / "a").domains[-1] == "y"
        return
    with pytest.raises(ConfigError, match=re.escape(message.replace("{root}", str(tmp_path)))):
        load(tmp_path / "a")


def test_folders_without_a_file_of_their_own_share_one_configuration(tmp_path: Path) -> None:
    make(tmp_path, {"pyproject.toml": "[tool.idem-lint]\n", "a/b/": "", "c/.git/": ""})
    every = Configurations([tmp_path])
    assert every.root == tmp_path
    assert every.of(tmp_path / "a/b/x.py") is every.of(tmp_path / "x.py")
    assert every.of(tmp_path / "c/x.py").root == tmp_path / "c"
    assert len(every.every([tmp_path / "a/b/x.py", tmp_path / "x.py", tmp_path / "c/x.py"])) == 2
