"""Chalice takes the methods as they are written."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, undecided_of

SOURCE = """
from chalice import Chalice

app = Chalice(app_name="wallet")


@app.route("/capitals", methods=["POST"])
def capitals():
    return {}


@app.route("/small", methods=["post"])
def small():
    return {}


@app.route("/mixed", methods=["post", "POST"])
def mixed():
    return {}


@app.route("/unknown", methods=[verb])
def unknown():
    return {}
"""


def test_a_method_in_small_letters_answers_nothing(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": SOURCE}) == {"capitals": "POST", "mixed": "POST"}


def test_methods_that_are_not_texts_are_undecided(tmp_path: Path) -> None:
    assert list(undecided_of(tmp_path, {"app.py": SOURCE})) == [22]
