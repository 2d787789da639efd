"""``python -m tests.lint.oracles FRAMEWORK CASE [--write]``: what the framework says about one case, as JSON.

``--write`` keeps the answer as the case's ``expected.json``. ``FRAMEWORK --each CASE …`` prints one line for each case,
``{"case": …, "truth": …}`` or, where the case failed, ``"error"`` with its traceback. Each case runs in a process of its
own, because cases share the names of their modules; it is forked from one that has imported the framework already.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryFile

from tests.lint.oracles import Routes, Truth


def as_json(truths: set[Truth]) -> str:
    """The truths in file and line order."""
    rows = [
        {
            "file": truth.file,
            "line": truth.line,
            "methods": sorted(truth.methods),
            "routes": sorted(truth.routes),
        }
        for truth in sorted(truths, key=lambda truth: (truth.file, truth.line))
    ]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


def told(framework: str, case: Path) -> str:
    """The case's truth as JSON."""
    routes: Routes = importlib.import_module(f"tests.lint.oracles.{framework}").routes
    return as_json(routes(case))


def in_a_fork(framework: str, case: Path) -> dict[str, object]:
    """The case's truth, asked in a copy of this process, or the traceback where that failed."""
    with TemporaryFile("w+") as answer:
        if os.fork() == 0:
            code = 1
            try:
                answer.write(told(framework, case))
                code = 0
            except BaseException:
                answer.write(traceback.format_exc())
            finally:
                answer.flush()
                os._exit(code)
        _, status = os.wait()
        answer.seek(0)
        text = answer.read()
        return {"truth": json.loads(text)} if status == 0 else {"error": text or f"ended with {status}"}


def main(framework: str, *arguments: str) -> None:
    """Print the case's truth; with ``--write`` keep it too."""
    cases = [Path(argument).resolve() for argument in arguments if not argument.startswith("--")]
    if "--each" in arguments:
        importlib.import_module(f"tests.lint.oracles.{framework}")
        for case in cases:
            print(json.dumps({"case": str(case), **in_a_fork(framework, case)}), flush=True)
        return
    text = told(framework, cases[0])
    if "--write" in arguments:
        (cases[0] / "expected.json").write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
