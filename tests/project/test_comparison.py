"""The comparison: its rules say what they should of facts, what is committed is complete, and ours is measured again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from benchmarks.compare.environments import PEERS
from benchmarks.compare.table import committed, table
from benchmarks.compare.verdicts import BAD, GOOD, RULES, STUCK, UNMEASURED, verdict
from tests.project import ROOT

CASES = [
    # scenario, facts, mark
    ("duplicates", {"effects": 1, "answers": {"200": 50}, "retry": 200, "same": True}, GOOD),
    ("duplicates", {"effects": 1, "answers": {"200": 1, "409": 49}, "retry": 200, "same": True}, GOOD),
    ("duplicates", {"effects": 1, "answers": {"200": 1, "409": 49}, "retry": 409, "same": True}, STUCK),
    ("duplicates", {"effects": 2, "answers": {"200": 50}, "retry": 200, "same": True}, BAD),
    ("other_payload", {"effects": 1, "other": 409, "same": False}, GOOD),
    ("other_payload", {"effects": 1, "other": 200, "same": True}, BAD),
    ("other_payload", {"effects": 2, "other": 200, "same": False}, BAD),
    ("other_tenant", {"effects": 2, "own": 1, "other": 200, "same": False}, GOOD),
    ("other_tenant", {"effects": 1, "own": 0, "other": 200, "same": True}, BAD),
    ("other_tenant", {"effects": 1, "own": 0, "other": 409, "same": False}, STUCK),
    ("hang_up", {"effects": 1, "retry": 200}, GOOD),
    ("killed_before_commit", {"effects": 0, "retry": 409}, STUCK),
    ("killed_after_commit", {"effects": 2, "retry": 200}, BAD),
    ("lost_acknowledgement", {"effects": 1, "first": "200", "retry": 200}, GOOD),
    ("lost_acknowledgement", {"effects": 1, "first": "500", "retry": 409}, STUCK),
    ("provider_timeout", {"effects": 1, "retry": "409"}, GOOD),
    ("provider_timeout", {"effects": 2, "retry": "500"}, BAD),
    ("deploy", {"effects": 1, "retry": 200, "same": True}, GOOD),
    ("deploy", {"effects": 1, "retry": 500, "same": False}, STUCK),
    ("deploy", {"effects": 2, "retry": 200, "same": False}, BAD),
    ("deploy", {"failed": "TimeoutError"}, UNMEASURED),
]


@pytest.mark.parametrize(("scenario", "facts", "mark"), CASES)
def test_a_rule_reads_the_facts(scenario: str, facts: dict[str, object], mark: str) -> None:
    assert verdict(scenario, facts).mark == mark


def test_everything_was_measured_in_the_versions_that_are_installed() -> None:
    measured = {peer["name"]: peer for peer in committed()["peers"]}
    assert list(measured) == [peer.name for peer in PEERS]
    for peer in PEERS:
        facts = measured[peer.name]["facts"]
        assert set(facts) == set(RULES), peer.name
        assert not [name for name, fact in facts.items() if "failed" in fact], peer.name
        pinned = [
            re.fullmatch(rf"{re.escape(peer.package)}(?:\[.*\])?==(.*)", line) for line in peer.requirements
        ]
        assert {match[1] for match in pinned if match} <= {measured[peer.name]["version"]}


def test_ours_is_the_only_column_without_a_fault() -> None:
    """``docs/compared.md`` says so."""
    marks = {
        peer["name"]: {verdict(name, facts).mark for name, facts in peer["facts"].items()}
        for peer in committed()["peers"]
    }
    assert [name for name, has in marks.items() if has == {GOOD}] == ["here"]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_ours_measured_again_says_the_same() -> None:
    command = [sys.executable, "-m", "benchmarks.compare.run", "--only", "here"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "COMPARE_HERE": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    ours = next(peer for peer in committed()["peers"] if peer["name"] == "here")
    assert done.stdout.strip() == table({"peers": [ours]}).strip(), (
        json.dumps(ours["facts"], indent=1) + done.stderr
    )
