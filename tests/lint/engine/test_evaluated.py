"""In a money file every decorator and call is evaluated: its name decides nothing, and no comment does."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.engine.evaluated_projects import PROJECTS

NOISE = (
    "# post POST methods = route( add_url_rule add_api_route api_route MethodView include_router endpoint\n"
    "# pyramid bottle graphene. strawberry. money_moving on_post rest_framework mount( register handler\n"
)


def findings(folder: Path, files: dict[str, str]) -> set[tuple[str, int, str]]:
    """File, line (of the project as it was written) and code of each finding."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    result = check([folder], Config(root=folder))
    return {(Path(f.file).name, f.line, f.code) for f in result.findings}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_handler_is_found_whatever_registers_it(name: str, tmp_path: Path) -> None:
    expected = {
        (Path(file).name, number, "IDM001")
        for file, text in PROJECTS[name].items()
        for number, line in enumerate(text.splitlines(), 1)
        if line.endswith("# here")
    }
    assert findings(tmp_path, PROJECTS[name]) == expected


@pytest.mark.parametrize("name", PROJECTS)
def test_words_in_comments_and_docstrings_change_nothing(name: str, tmp_path: Path) -> None:
    plain = findings(tmp_path / "plain", PROJECTS[name])
    noisy = {file: f'{text}\n\n{NOISE}"""{NOISE}"""\n' for file, text in PROJECTS[name].items()}
    assert findings(tmp_path / "noisy", noisy) == plain
