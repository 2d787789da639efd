"""Holds the case folders against the frameworks (and so the linter against both): what ``test_cases.py`` is made of.

A framework or case that another environment serves is named in ``environments.toml``; its interpreter is
``NAME/bin/python`` below the folder in ``IDEM_ENVIRONMENTS``, or ``.venv-NAME/bin/python`` in the project's root.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.lint import routecheck
from tests.lint.oracles import Truth

LINT = Path(__file__).parent
ROOT = LINT.parent.parent
CASES = LINT / "cases"


def case_folders(framework: str) -> list[Path]:
    """The framework's cases: every folder with an entry module below ``cases/FRAMEWORK``."""
    entries = [*(CASES / framework).rglob("app.py"), *(CASES / framework).rglob("urls.py")]
    folders = sorted({entry.parent for entry in entries})
    return [folder for folder in folders if not any(parent in folders for parent in folder.parents)]


def frameworks() -> list[str]:
    """Every framework that has cases."""
    return sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())


def case_params(*, undecidable: bool | None = None) -> list[object]:
    """Every framework's cases as pytest parameters ``FRAMEWORK/CASE``: all, or those with (without) an ``undecided.json``."""
    cases = {framework: case_folders(framework) for framework in frameworks()}
    empty = [framework for framework, folders in cases.items() if not folders]
    assert not empty, f"no case below {CASES} for {', '.join(empty)}"
    return [
        pytest.param(framework, case, id=case.relative_to(CASES).as_posix())
        for framework, folders in cases.items()
        for case in folders
        if undecidable is None or (case / "undecided.json").exists() == undecidable
    ]


def case_groups() -> list[object]:
    """Every framework's cases as pytest parameters ``FRAMEWORK/``, those that another environment serves apart."""
    groups: dict[tuple[str, str | None], list[Path]] = {}
    for framework in frameworks():
        for case in case_folders(framework):
            groups.setdefault((framework, environment_of(framework, case)), []).append(case)
    return [
        pytest.param(framework, cases, id=f"{framework}/" + (f"in-{environment}" if environment else ""))
        for (framework, environment), cases in groups.items()
    ]


def environment_of(framework: str, case: Path) -> str | None:
    """The second environment that serves this case; ``None`` where the tests' own does."""
    name = case.relative_to(CASES).as_posix()
    for environment, table in tomllib.loads((LINT / "environments.toml").read_text()).items():
        if framework in table.get("frameworks", ()) or name in table.get("cases", ()):
            return environment
    return None


def interpreter_of(environment: str | None) -> str | None:
    """The Python of an environment; ``None`` where it is not installed."""
    if environment is None:
        return sys.executable
    places = [ROOT / f".venv-{environment}"]
    if "IDEM_ENVIRONMENTS" in os.environ:
        places.insert(0, Path(os.environ["IDEM_ENVIRONMENTS"]) / environment)
    found = [place / "bin" / "python" for place in places if (place / "bin" / "python").exists()]
    return str(found[0]) if found else None


def required_interpreter(framework: str, case: Path) -> str:
    """The Python that can run the case; skips the test where its environment is not installed."""
    environment = environment_of(framework, case)
    interpreter = interpreter_of(environment)
    if interpreter is None:
        pytest.skip(f"the {environment} environment is not there: make second-environments")
    return interpreter


def frameworks_answers(framework: str, cases: list[Path]) -> dict[Path, set[Truth] | str]:
    """What the framework says of each case, asked in a process each; the traceback where a case failed."""
    return answers_in(required_interpreter(framework, cases[0]), framework, cases)


def answers_in(interpreter: str, framework: str, cases: list[Path]) -> dict[Path, set[Truth] | str]:
    """As :func:`frameworks_answers`, of folders that may be anywhere."""
    output = _output(interpreter, "tests.lint.oracles", framework, "--each", *map(str, cases))
    answers = [json.loads(line) for line in output.splitlines() if line.startswith('{"case"')]
    return {
        Path(answer["case"]): answer["error"] if "error" in answer else parsed(json.dumps(answer["truth"]))
        for answer in answers
    }


def positions_elsewhere(framework: str) -> dict[str, bool]:
    """Which position snippets run the mark, for a framework that has another environment."""
    return answered(required_interpreter(framework, CASES / framework), "tests.lint.positions", framework)


def answered(interpreter: str, module: str, *arguments: str) -> dict[str, bool]:
    """What a module of ours says last, as JSON, in a process of its own."""
    answers: dict[str, bool] = json.loads(_output(interpreter, module, *arguments).splitlines()[-1])
    return answers


def _output(interpreter: str, module: str, *arguments: str) -> str:
    command = [interpreter, "-m", module, *arguments]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


def expected_truth(case: Path) -> set[Truth]:
    """What the framework said when the case was last written."""
    return parsed((case / "expected.json").read_text())


def elsewhere(case: Path) -> set[Truth]:
    """Handlers that the framework serves on another platform or with other settings than where the case was written."""
    file = case / "elsewhere.json"
    return parsed(file.read_text()) if file.exists() else set()


def parsed(text: str) -> set[Truth]:
    """The truths in the runner's JSON."""
    return {
        Truth(row["file"], row["line"], frozenset(row["methods"]), frozenset(row.get("routes", ())))
        for row in json.loads(text)
    }


def check_framework_confirms(framework: str, cases: list[Path]) -> None:
    """Assert that the framework still says what each case's ``expected.json`` says."""
    answers = frameworks_answers(framework, cases)
    problems = [_problem(framework, case, answers.get(case, "no answer")) for case in cases]
    told = [problem for problem in problems if problem]
    assert not told, "\n".join(told)


def _problem(framework: str, case: Path, answer: set[Truth] | str) -> str:
    expected = expected_truth(case)
    if isinstance(answer, str):
        return f"{case.relative_to(CASES)}: the framework cannot be asked\n{answer}"
    command = f"python -m tests.lint.oracles {framework} {case.relative_to(ROOT)} --write"
    if answer != expected:
        return difference(case, answer, expected, command)
    routes, known = ({(t.file, t.line): sorted(t.routes) for t in each} for each in (answer, expected))
    return (
        "" if routes == known else f"{case.relative_to(CASES)}: {command}: routes {routes}, expected {known}"
    )


def check_routes(case: Path, found: set[Truth]) -> None:
    """Assert that no route is said that the framework does not serve; a part that is left open is no fault."""
    served = {(truth.file, truth.line): truth for truth in expected_truth(case) | elsewhere(case)}
    wrong = {
        f"{case.relative_to(CASES).as_posix()} {truth.file}:{truth.line} {route}"
        for truth in found
        for route in routecheck.wrong(truth, served.get((truth.file, truth.line), truth))
    }
    assert wrong <= routecheck.KNOWN, f"routes that nobody serves: {sorted(wrong - routecheck.KNOWN)}"


def check_inventory(case: Path, found: set[Truth]) -> None:
    """Assert that the linter found exactly the handlers the framework has, wherever the case may run."""
    expected = expected_truth(case) | elsewhere(case)
    assert found == expected, difference(
        case, found, expected, "a missing line is a handler nobody would judge"
    )


def check_nothing_is_passed_over(case: Path, found: set[Truth], undecided: set[tuple[str, int]]) -> None:
    """Assert, for a case with an ``undecided.json``, that each handler that cannot be told is accounted for.

    The file names the places (of the handler, or of the registering call where no handler is in reach) that the linter
    has to call undecided, each with the handlers it stands for. Telling such a handler all the same is no fault.
    """
    truth = {(handler.file, handler.line) for handler in expected_truth(case)}
    told = {(handler.file, handler.line) for handler in found}
    assert told <= truth, f"{case.name}: not expected: {sorted(told - truth)}"
    covered: set[tuple[str, int]] = set()
    for row in json.loads((case / "undecided.json").read_text()):
        handlers = {(file, line) for file, line in row["handlers"]}
        place = (row["file"], row["line"])
        assert handlers <= told or place in undecided, f"{case.name}: {place} is passed over in silence"
        covered |= handlers
    assert truth <= told | covered, f"{case.name}: missing: {sorted(truth - told - covered)}"


def difference(case: Path, found: set[Truth], expected: set[Truth], advice: str) -> str:
    """A readable account of two sets of truths."""
    lines = [f"{case.relative_to(CASES)}: {advice}"]
    for title, truths in (("missing", expected - found), ("not expected", found - expected)):
        lines += [
            f"  {title}: {_line(case, truth)}" for truth in sorted(truths, key=lambda t: (t.file, t.line))
        ]
    return "\n".join(lines)


def _line(case: Path, truth: Truth) -> str:
    source = (case / truth.file).read_text().split("\n")  # splitlines would also split at form feeds
    return f"{truth.file}:{truth.line} {sorted(truth.methods)}: {source[truth.line - 1].strip()}"
