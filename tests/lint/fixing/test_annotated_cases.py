"""Every case annotated: the linter passes, the framework imports it and serves the same routes.

The marks are those of the money map, and then ``@money_moving`` wherever the runtime has an adapter. A few cases stand for
the rest, which are ``exhaustive``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idem_lint.fixing import annotations
from idem_lint.result_types import Handler, MoneyPaths, Write
from tests.lint.casecheck import (
    CASES,
    answers_in,
    case_groups,
    expected_truth,
    required_interpreter,
)
from tests.lint.fixing.annotated import annotated_copy, served, silent, still_said

SAMPLE = [("fastapi", ["stacked_routes"]), ("flask", ["class_views"])]
MONEY = pytest.mark.parametrize("is_money", [False, True], ids=["as the money map says", "money_moving"])


def check_cases(
    framework: str, cases: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_money: bool
) -> None:
    interpreter = required_interpreter(framework, cases[0])
    if is_money:
        monkeypatch.setattr(annotations, "annotation", _moving(annotations.annotation))
    copies: dict[Path, Path] = {}
    for case in cases:
        copy, outcome = annotated_copy(case, tmp_path)
        copies[case] = copy
        assert outcome.done or outcome.refused or not expected_truth(case)
        assert still_said(copy, outcome) == []
        assert silent(copy, outcome) == []
    answers = answers_in(interpreter, framework, list(copies.values()))
    for case, copy in copies.items():
        answer = answers[copy]
        assert not isinstance(answer, str), f"{case}: {answer}"
        assert served(answer) == served(expected_truth(case)), case


def _moving(judged):
    def moving(handler: Handler):
        write = Write("row", "Entry(…)", handler.place, "likely", ())
        return judged(replace(handler, money=MoneyPaths((write,))) if handler.has_adapter else handler)

    return moving


@pytest.mark.slow
@pytest.mark.parametrize(("framework", "names"), SAMPLE, ids=[framework for framework, _ in SAMPLE])
def test_an_annotated_case_passes_and_serves_the_same_routes(
    framework: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [CASES / framework / name for name in names]
    check_cases(framework, cases, tmp_path, monkeypatch, is_money=False)


@pytest.mark.exhaustive
@MONEY
@pytest.mark.parametrize(("framework", "cases"), case_groups())
def test_every_annotated_case_passes_and_serves_the_same_routes(
    framework: str, cases: list[Path], is_money: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_cases(framework, cases, tmp_path, monkeypatch, is_money=is_money)
