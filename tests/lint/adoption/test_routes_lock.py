"""``inventory --write`` and ``--check``: what a review has to see, as lines that can be read."""

from __future__ import annotations

import pytest

from tests.lint.front.project import BROKEN, MARKED, UNMARKED, Shell

LOCK = "routes.lock"


def locked(shell: Shell, files: dict[str, str]) -> None:
    shell.write(files)
    done = shell.run("inventory", "--write", LOCK)
    assert done.code == 0, done.err


def check(shell: Shell) -> tuple[int, list[str]]:
    done = shell.run("inventory", "--check", LOCK)
    return done.code, done.out.splitlines()


def test_a_lock_says_what_each_handler_is_and_not_where_its_line_is(shell: Shell) -> None:
    locked(shell, {"wallet/routes.py": MARKED})
    assert (shell.root / LOCK).read_text() == (
        '{"version": 1, "handlers": [\n'
        '  {"file": "wallet/routes.py", "name": "transfer", "routes": ["…/wallet/transfers"], "domain": "wallet", '
        '"mark": "money_moving", "moves_money": false}\n]}\n'
    )
    shell.write({"wallet/routes.py": "# moved\n" + MARKED})
    assert check(shell) == (0, ["routes.lock: 1 handler, as locked"])


def test_a_new_handler_fails(shell: Shell) -> None:
    locked(shell, {"wallet/routes.py": MARKED})
    shell.write({"cards/routes.py": UNMARKED})
    code, lines = check(shell)
    assert code == 1
    assert lines == [
        "+ cards/routes.py transfer (…/wallet/transfers): domain: wallet, mark: none, moves money: no",
        "routes.lock is not what the code says; when that is wanted: idem-lint inventory --write routes.lock",
    ]


def test_another_mark_or_domain_and_money_that_moves_fail(shell: Shell) -> None:
    plain = UNMARKED.replace("/wallet/transfers", "/notes")
    locked(shell, {"wallet/routes.py": MARKED, "notes.py": plain.replace("transfer", "note")})
    money = "from ledger import book\n" + UNMARKED.replace("return", "book(); return")
    ledger = "from idem_runtime import ledger_write\n@ledger_write\ndef book(): ...\n"
    domain = '[tool.idem-lint]\ndomain-paths = { "notes.py" = "notes" }\n'
    shell.write({"wallet/routes.py": money, "ledger.py": ledger, "pyproject.toml": domain})
    code, lines = check(shell)
    assert code == 1
    assert lines[:2] == [
        "~ notes.py note (…/notes): domain: none -> notes",
        "~ wallet/routes.py transfer (…/wallet/transfers): mark: money_moving -> none, moves money: no -> yes",
    ]


def test_a_handler_that_is_gone_fails(shell: Shell) -> None:
    locked(shell, {"wallet/routes.py": MARKED, "cards/routes.py": UNMARKED})
    (shell.root / "cards/routes.py").unlink()
    code, lines = check(shell)
    assert code == 1
    assert lines[0].startswith("- cards/routes.py transfer")


def test_another_file_or_route_is_told_and_needs_no_review(shell: Shell) -> None:
    locked(shell, {"wallet/routes.py": MARKED})
    (shell.root / "wallet/routes.py").rename(shell.root / "wallet/payments.py")
    assert check(shell) == (
        0,
        [
            "  wallet/payments.py transfer (…/wallet/transfers): was in wallet/routes.py",
            "routes.lock: 1 handler, as locked",
        ],
    )
    (shell.root / "wallet/payments.py").unlink()
    shell.write({"wallet/routes.py": MARKED.replace("transfers", "payments")})
    code, lines = check(shell)
    assert code == 0
    assert lines[0] == "  wallet/routes.py transfer (…/wallet/payments): was at …/wallet/transfers"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "to write it: idem-lint inventory --write routes.lock"),
        ("{", "is no lock of handlers"),
        ("[]", "is no lock of handlers"),
        ('{"version": 2}', "of another version"),
        ('{"version": 1, "handlers": [{"routes": []}]}', "is no lock of handlers"),
    ],
)
def test_another_file_is_no_lock(content: str | None, complaint: str, shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED, **({} if content is None else {LOCK: content})})
    done = shell.run("inventory", "--check", LOCK)
    assert done.code == 2
    assert complaint in done.err


def test_a_folder_is_no_lock(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED})
    assert shell.run("inventory", "--check", "wallet").code == 2


def test_it_is_written_or_checked(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED})
    assert shell.run("inventory", "--check", LOCK, "--write", LOCK).code == 2


def test_a_fault_is_no_lock(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from idem_lint.finding.find_handlers import Finder

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    shell.write({"wallet/routes.py": MARKED, "wallet/b.py": BROKEN})
    monkeypatch.setattr(Finder, "registrations", broken)
    done = shell.run("inventory", "--write", LOCK, "--no-cache")
    assert done.code == 2
    assert not (shell.root / LOCK).exists()
