"""What a project makes of files it cannot read, places outside its root and company marks."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.settings.config import Config

POST = """\
from flask import Flask
from company.guards import paid
app = Flask(__name__)


@app.post("/transfers")
@paid
def transfer(): ...
"""


def _reports(folder: Path, sources: dict[str, bytes], **settings: object) -> list[FileReport]:
    config = Config(root=folder, all_domains=True, **settings)  # type: ignore[arg-type]
    overlay = {folder / name: source for name, source in sources.items()}
    return Project(config, overlay=overlay).reports(list(overlay))


def test_a_company_decorator_is_the_mark_it_stands_for(tmp_path: Path) -> None:
    (report,) = _reports(
        tmp_path, {"a.py": POST.encode()}, extend_marks={"company.guards.paid": "money_moving"}
    )
    assert [(each.mark, each.unknown_decorators) for each in report.handlers] == [("money_moving", ())]


def test_a_decorator_defined_in_the_project_is_a_mark_by_the_end_of_its_name(tmp_path: Path) -> None:
    guards = b"import flask\ndef paid(view):\n    return view\n"
    sources = {"a.py": POST.encode(), "company/guards.py": guards}
    marks = {"other": "money_moving", "guards.paid": "money_moving"}
    report, *_ = _reports(tmp_path, sources, extend_marks=marks)
    assert [each.mark for each in report.handlers] == ["money_moving"]


@pytest.mark.parametrize(
    ("lookalike", "origin"),
    [
        ("from billing import MoneyMoving as money_moving", "billing.MoneyMoving"),
        ("def money_moving(view): return view", "wallet.money_moving"),
        ("", "`money_moving` is not defined in this file"),
        ("money_moving = 7", "something that cannot be told from the source"),
    ],
)
def test_a_lookalike_is_shown_with_where_it_comes_from(lookalike: str, origin: str, tmp_path: Path) -> None:
    source = POST.replace("@paid", "@money_moving").replace("app =", f"{lookalike}\napp =")
    (report,) = _reports(tmp_path, {"wallet.py": source.encode()})
    assert [(each.name, each.origin) for each in report.handlers[0].lookalikes] == [("money_moving", origin)]


@pytest.mark.parametrize(
    "source",
    [
        b"# coding: no-such-codec\n.post",
        b"# coding: ascii\n.post = '\xff'",
        b"def post(:\n",
        b"post = '\0'\n",
    ],
)
def test_what_cannot_be_parsed_is_an_error(source: bytes, tmp_path: Path) -> None:
    sources = {"a.py": source + b"\nfrom flask import Flask\n"}
    (report,) = _reports(tmp_path, sources)
    assert report.error is not None


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (report,) = Project(Config(root=tmp_path)).reports([tmp_path / "missing.py"])
    assert report.error is not None


def test_files_outside_the_root_and_the_root_package_itself_are_judged(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "elsewhere.py"
    overlay = {root / "__init__.py": POST.encode(), outside: POST.encode()}
    reports = Project(Config(root=root, all_domains=True), overlay=overlay).reports(list(overlay))
    assert [handler.qualname for report in reports for handler in report.handlers] == ["transfer", "transfer"]


def test_an_import_means_the_nearest_of_several_modules_with_that_name(tmp_path: Path) -> None:
    router = "from flask import Flask\napp = Flask(__name__)\ndef view(): ...\n"
    user = "from routes import app, view\napp.add_url_rule('/x', view_func=view, methods=['POST'])\n"
    names = ["routes.py", "one/routes.py", "one/two/routes.py", "three/routes.py"]
    sources = {name: router.encode() for name in names} | {"one/main.py": user.encode()}
    assert [report.file.rpartition(tmp_path.name)[2] for report in _reports(tmp_path, sources)] == [
        "/one/routes.py"
    ]


def test_the_garbage_collector_stays_as_it_was(tmp_path: Path) -> None:
    gc.disable()
    try:
        _reports(tmp_path, {"a.py": POST.encode()})
        assert not gc.isenabled()
    finally:
        gc.enable()
    _reports(tmp_path, {"a.py": POST.encode()})
    assert gc.isenabled()
