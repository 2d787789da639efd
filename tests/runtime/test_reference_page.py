"""The reference page's example is one that the linter accepts and that runs: options that are easily missed do what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

from fastapi.testclient import TestClient

from tests.project import ROOT

PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
PAYOUT = {"order": "7", "amount": 5, "sent_at": "10:00"}


def example() -> str:
    shown = re.search(r"<!-- options -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert shown, "the page has lost its example"
    return shown[1]


def test_the_linter_has_nothing_to_say(tmp_path) -> None:
    file = tmp_path / "wallet" / "payouts.py"
    file.parent.mkdir()
    file.write_text(example(), encoding="utf-8")
    command = [sys.executable, "-m", "idem_lint", "wallet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_options_do_what_the_page_says(dsn: str) -> None:
    scope: dict[str, Any] = {"__name__": "payouts"}
    exec(compile(example().replace("postgresql://…", dsn), "reference.md", "exec"), scope)
    with TestClient(scope["app"], headers={"x-tenant": "alice"}) as client:

        def ask(path: str, key: str, **changes: object) -> tuple[int, bool]:
            answer = client.post(
                f"/wallet/{path}", json={**PAYOUT, **changes}, headers={"idempotency-key": key}
            )
            return answer.status_code, "idempotent-replayed" in answer.headers

        assert ask("payouts", "a") == (200, False)
        assert ask("payouts", "a", sent_at="10:01") == (200, True), "ignore="
        assert ask("payouts", "a", amount=6)[0] == 409
        assert ask("refunds", "b") == (200, False)
        assert ask("refunds", "b", sent_at="10:01") == (200, True), "fingerprint="
        assert ask("refunds", "b", order="8")[0] == 409
