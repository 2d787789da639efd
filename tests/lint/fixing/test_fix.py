"""``check --fix``: what is mended, what is left and said, and that nothing else in a file changes."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from idem_lint.fixing import rule_fixes
from idem_lint.fixing.changes import ChangedFile
from idem_lint.fixing.source_text import CannotChange
from idem_lint.result_types import Handler, Mark, Place
from tests.lint.front.project import ABOVE, BROKEN, MARKED, UNMARKED, Shell

HEAD = """\
from fastapi import APIRouter

from idem_runtime import ledger_write, money_moving, not_money_moving

router = APIRouter()
WHY = "reads " + "only"
LOOP = OTHER
OTHER = LOOP


@ledger_write
def book(amount): ...


"""


def wallet(shell: Shell) -> str:
    return (shell.root / "wallet/routes.py").read_bytes().decode()


def put(shell: Shell, stack: str, body: str = "def transfer(amount): ...\n") -> str:
    source = f"{HEAD}{stack}\n{body}"
    shell.write({"wallet/routes.py": source})
    return source


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        pytest.param(
            '@money_moving\n@router.post("/a")', '@router.post("/a")\n@money_moving', id="above the route"
        ),
        pytest.param(
            '@router.post("/a")\n@money_moving(operation="a")\n@router.post("/b")',
            '@router.post("/a")\n@router.post("/b")\n@money_moving(operation="a")',
            id="between two routes",
        ),
        pytest.param(
            '# of all\n@money_moving(  # why\n    operation="a",\n)\n# of the route\n@router.post("/a")  # last\n# of the function',
            '# of all\n# of the route\n@router.post("/a")  # last\n@money_moving(  # why\n    operation="a",\n)\n# of the function',
            id="comments stay with what they are about",
        ),
        pytest.param(
            '@router.post("/a")\n# counts\n@money_moving(operation="a")\n@router.post("/b")',
            '@router.post("/a")\n@router.post("/b")\n# counts\n@money_moving(operation="a")',
            id="a comment above a decorator goes with it",
        ),
        pytest.param(
            '@money_moving\n@router.post("/a")\n@money_moving',
            '@router.post("/a")\n@money_moving',
            id="twice the same: the one that does nothing goes",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=WHY)',
            '@router.post("/a")\n@not_money_moving(reason="reads only")',
            id="a constant as the reason",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=f"reads")',
            '@router.post("/a")\n@not_money_moving(reason="reads")',
            id="a formatted string with nothing to format",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving("für \\"read\\"")',
            '@router.post("/a")\n@not_money_moving(reason="für \\"read\\"")',
            id="a reason without its name",
        ),
        pytest.param(
            '@not_money_moving(until="2099-01-01", reason=WHY)\n@router.post("/a")',
            '@router.post("/a")\n@not_money_moving(until="2099-01-01", reason="reads only")',
            id="in the wrong place and without a literal",
        ),
    ],
)
def test_what_takes_no_judgement_is_mended(stack: str, expected: str, shell: Shell) -> None:
    before = put(shell, stack)
    shown = shell.run("check", "--fix", "--diff")
    assert wallet(shell) == before
    assert shown.code == 1
    assert shown.out.startswith("--- a/wallet/routes.py\n+++ b/wallet/routes.py\n@@")
    done = shell.run("check", "--fix")
    assert wallet(shell) == before.replace(stack, expected)
    assert (done.code, done.findings) == (0, []), done.out
    assert "fixed in 1 file" in done.err
    again = shell.run("check", "--fix", "--diff")
    assert (again.code, again.out) == (0, "")


def test_a_mark_that_would_go_below_two_routes_wants_a_name_first_which_only_people_know(
    shell: Shell,
) -> None:
    before = put(shell, '@router.post("/a")\n@money_moving\n@router.post("/b")')
    done = shell.run("check", "--fix")
    assert wallet(shell) == before
    assert "not fixed: the linter would still say: `transfer`: one marked function answers" in done.err
    assert done.code == 1


@pytest.mark.parametrize(
    ("stack", "body", "reason"),
    [
        pytest.param(
            '@money_moving(effect="external")\n@router.post("/a")\n@money_moving',
            "def transfer(amount): ...\n",
            "do not say the same; keep one of them",
            id="two marks that differ",
        ),
        pytest.param(
            '@router.post("/a")\n@money_moving\n@not_money_moving(reason="why")',
            "def transfer(amount): ...\n",
            "which of the two is wrong takes a judgement",
            id="both marks, no write in sight",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=LOOP)',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="a reason that leads in a circle",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=1)',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="a reason that is no text",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=f"{WHY}{x}")',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="a reason that is put together",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(reason=WHY + x)',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="a reason that is half known",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving(*WHY)',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="what is unpacked",
        ),
        pytest.param(
            '@router.post("/a")\n@not_money_moving',
            "def transfer(amount): ...\n",
            "is for a person to say",
            id="no reason",
        ),
        pytest.param(
            '@router.post("/a")',
            "def transfer(amount): ...\ntransfer = money_moving(transfer)\n",
            "is no decorator of its own; put @money_moving directly above",
            id="applied after the registration",
        ),
        pytest.param(
            '@router.post("/a")\n@(money_moving if WHY else lambda f: f)',
            "def transfer(amount): ...\n",
            "only under a condition",
            id="under a condition",
        ),
    ],
)
def test_what_takes_a_judgement_is_left_and_said(stack: str, body: str, reason: str, shell: Shell) -> None:
    before = put(shell, stack, body)
    done = shell.run("check", "--fix")
    assert wallet(shell) == before
    assert done.code == 1
    assert reason in done.err
    assert shell.run("check", "--fix", "--diff").code == 0


def test_the_opt_out_goes_where_the_project_says_that_the_ledger_is_written(shell: Shell) -> None:
    stack = '@router.post("/a")\n@money_moving\n@not_money_moving(reason="why")'
    before = put(shell, stack, "def transfer(amount): book(amount)\n")
    done = shell.run("check", "--fix")
    assert wallet(shell) == before.replace('\n@not_money_moving(reason="why")', "")
    assert done.code == 0, done.out
    assert "the opt-out is gone" in done.err


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_tabs_marks_and_encodings_stay(end: str, mark: bytes, shell: Shell) -> None:
    text = f"# -*- coding: utf-8 -*-\n{ABOVE}\n\nclass X:\n\tname = 'é\f'\n\n\n\n# end".replace("\n", end)
    shell.write({"wallet/routes.py": mark + text.encode()})
    assert shell.run("check", "--fix").code == 0
    moved = f'@router.post("/wallet/transfers"){end}@money_moving{end}'
    content = (shell.root / "wallet/routes.py").read_bytes()
    assert (
        content
        == mark + text.replace(f'@money_moving{end}@router.post("/wallet/transfers"){end}', moved).encode()
    )


def test_a_file_in_another_encoding_stays_in_it(shell: Shell) -> None:
    before = f"# coding: latin-1\n# für\n{ABOVE}".encode("latin-1")
    shell.write({"wallet/routes.py": before})
    assert shell.run("check", "--fix").code == 0
    assert b"# f\xfcr\n" in (shell.root / "wallet/routes.py").read_bytes()


def test_a_form_feed_before_a_definition_is_no_obstacle(shell: Shell) -> None:
    shell.write({"wallet/routes.py": ABOVE.replace("@money_moving", "\f@money_moving")})
    done = shell.run("check", "--fix")
    assert done.code == 0, done.out + done.err


def test_what_is_silenced_or_not_selected_is_not_touched(shell: Shell) -> None:
    silenced = ABOVE.replace("int]:", "int]:  # noqa: IDM003")
    shell.write({"wallet/routes.py": silenced})
    assert shell.run("check", "--fix").code == 0
    assert wallet(shell) == silenced
    shell.write({"wallet/routes.py": ABOVE})
    assert shell.run("check", "--fix", "--ignore", "IDM003").code == 0
    assert wallet(shell) == ABOVE


def test_newer_syntax_than_the_interpreter_is_mended_as_well(shell: Shell) -> None:
    newer = ABOVE.replace("def transfer(amount: int)", "def transfer[T](amount: T)")
    shell.write({"wallet/routes.py": newer})
    assert shell.run("check", "--fix").code == 0
    assert wallet(shell) == MARKED.replace("def transfer(amount: int)", "def transfer[T](amount: T)")


def test_a_file_that_nests_too_deeply_is_left_alone(shell: Shell) -> None:
    deep = f"{ABOVE}\nX = {'(' * 90}1{')' * 90}\nY = " + "+".join(["1"] * 2800) + "\n"
    shell.write({"wallet/routes.py": deep})
    done = shell.run("check", "--fix")
    assert "nests too deeply" in done.err
    assert (done.code, wallet(shell)) == (1, deep)


def test_a_class_with_the_mark_in_the_wrong_place_is_said(shell: Shell) -> None:
    shell.write(
        {
            "wallet/views.py": "from flask import Flask\nfrom flask.views import MethodView\n"
            "from idem_runtime import money_moving\napp = Flask('x')\n"
            "class Base(MethodView):\n    def post(self): ...\nclass Pay(Base):\n    pass\n"
            'app.add_url_rule("/pay", view_func=Pay.as_view("pay"))\nPay = money_moving(Pay)\n'
        }
    )
    assert shell.run("check", "--fix").code == 1


def test_standard_input_is_not_changed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ABOVE.encode())))
    done = shell.run("check", "--fix", "-", "--stdin-filename", "wallet/routes.py")
    assert done.code == 2
    assert "not standard input" in done.err


def test_no_finding_and_no_file_need_no_fix(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "wallet/broken.py": BROKEN})
    done = shell.run("check", "--fix")
    assert "0 handlers fixed in 0 files" in done.err
    assert done.findings == ["wallet/broken.py:1 IDM900", "wallet/routes.py:7 IDM001"]


def test_a_reason_that_the_interpreter_cannot_read_is_none() -> None:
    file = cast("ChangedFile", None)  # nothing of it is asked
    assert rule_fixes._text_of(file, "1 +") == ""


def test_a_reason_that_the_encoding_cannot_write_is_left(shell: Shell) -> None:
    before = (
        HEAD.replace('"reads "', '"\\u20ac "')
        + '@router.post("/a")\n@not_money_moving(reason=WHY)\ndef f(): ...\n'
    )
    shell.write({"wallet/routes.py": f"# coding: latin-1\n{before}"})
    done = shell.run("check", "--fix")
    assert "its encoding cannot write '€'" in done.err
    assert wallet(shell) == f"# coding: latin-1\n{before}"


def of_two_marks(second: str) -> Handler:
    """A handler with a mark that does nothing in its stack, and one in force in another file."""
    idle = Mark("money_moving", Place("a.py", 1, 1), "money_moving", "it stands above the route")
    effective = Mark("money_moving", Place(second, 1, 1), "money_moving")
    return Handler(Place("a.py", 3, 1), "f", "fastapi", ("POST",), None, "wallet", (idle, effective))


def test_marks_in_two_files_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("@money_moving\n@route\ndef f(): ...\n")
    file = ChangedFile.read(tmp_path / "a.py", tmp_path, None)
    with pytest.raises(CannotChange, match="do not say the same"):
        rule_fixes.fix(file, of_two_marks("b.py"), "IDM003")
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(CannotChange, match="no definition"):
        rule_fixes.fix(ChangedFile.read(tmp_path / "a.py", tmp_path, None), of_two_marks("b.py"), "IDM003")
