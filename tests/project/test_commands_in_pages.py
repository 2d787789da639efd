"""Every command line that a page shows is one that the programs take."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from functools import cache

import pytest

from idem_lint import cli as linter
from idem_runtime.operate import cli as runtime
from tests.project import ROOT
from tests.project.readme import DOCS, README

PAGES = (README, *sorted(DOCS.glob("*.md")), ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md")
PROGRAMS: dict[str, Callable[[list[str]], object]] = {"idem-lint": linter.main, "idem-runtime": runtime.main}
SHOWN = re.compile(r"(?:^|[`$|] ?|&& )(idem-lint|idem-runtime)\b([^`\n|]*)", re.MULTILINE)


@cache
def help_of(program: str, *command: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        PROGRAMS[program]([*command, "--help"])
    return said.getvalue()


def commands_of(program: str) -> set[str]:
    if program == "idem-runtime":
        return set(runtime.COMMANDS)
    return {
        word for word in re.findall(r"^ {2,4}([a-z-]+)\b", help_of(program), re.MULTILINE) if word.islower()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_is_shown_exists(page) -> None:
    unknown = []
    for program, rest in SHOWN.findall(page.read_text(encoding="utf-8")):
        words = rest.split("#")[0].split()
        command = [words[0]] if words and words[0] in commands_of(program) else []
        if (
            program == "idem-runtime"
            and words
            and not words[0].startswith("-")
            and not command
            and words[0].isalpha()
        ):
            unknown.append(f"{program} {words[0]}")
        known = help_of(program, *command) + help_of(program)
        options = re.findall(r"(?<!\S)(--[a-z][a-z-]*)", rest.split("#")[0])
        unknown += [f"{program} {' '.join(command)} {option}" for option in options if option not in known]
    assert unknown == []
