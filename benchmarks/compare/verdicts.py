"""What the facts of a scenario mean, by rules that are the same for every peer.

``✓`` money moved as often as it should, and whoever asks again learns it; ``○`` it moved once at most, but whoever asks again does not
learn it; ``✗`` it moved too often, or somebody got what is not theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Facts = dict[str, Any]
GOOD, STUCK, BAD, UNMEASURED = "✓", "○", "✗", "?"


@dataclass(frozen=True)
class Verdict:
    """A cell."""

    mark: str
    words: str

    def __str__(self) -> str:
        return f"{self.mark} {self.words}"


def succeeded(status: object) -> bool:
    return str(status).startswith("2")


def times(effects: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(effects, f"{effects} times")


def duplicates(facts: Facts) -> Verdict:
    answers = facts["answers"]
    if facts["effects"] != 1:
        return Verdict(BAD, times(facts["effects"]))
    refused = sum(count for status, count in answers.items() if not succeeded(status))
    if not (succeeded(facts["retry"]) and facts["same"]):
        return Verdict(STUCK, f"once, retry {facts['retry']}")
    return Verdict(GOOD, f"once, {refused} told to wait" if refused else "once, all answered")


def other_payload(facts: Facts) -> Verdict:
    if facts["effects"] > 1:
        return Verdict(BAD, "a second transfer")
    if succeeded(facts["other"]):
        return Verdict(BAD, "the first answer")
    return Verdict(GOOD, f"refused, {facts['other']}")


def other_tenant(facts: Facts) -> Verdict:
    if facts["same"]:
        return Verdict(BAD, "the other's answer")
    if facts["own"] == 1:
        return Verdict(GOOD, "own transfer")
    return Verdict(STUCK, f"refused, {facts['other']}")


def retried(facts: Facts) -> Verdict:
    effects = facts["effects"]
    if effects > 1:
        return Verdict(BAD, times(effects))
    if not succeeded(facts["retry"]):
        return Verdict(STUCK, f"{times(effects)}, stays {facts['retry']}")
    return Verdict(GOOD, times(effects))


def lost_acknowledgement(facts: Facts) -> Verdict:
    verdict = retried(facts)
    if verdict.mark != GOOD:
        return verdict
    first = "first caller answered" if succeeded(facts["first"]) else f"first caller told {facts['first']}"
    return Verdict(GOOD, f"once, {first}")


def provider_timeout(facts: Facts) -> Verdict:
    if facts["effects"] > 1:
        return Verdict(BAD, "pays twice")
    return Verdict(GOOD, f"pays once, retry {facts['retry']}")


def deploy(facts: Facts) -> Verdict:
    verdict = retried(facts)
    if verdict.mark == GOOD and not facts["same"]:
        return Verdict(STUCK, "once, another answer")
    return verdict


RULES: dict[str, tuple[str, Callable[[Facts], Verdict]]] = {
    "duplicates": ("50 duplicates at once", duplicates),
    "other_payload": ("same key, other amount", other_payload),
    "other_tenant": ("same key, other tenant", other_tenant),
    "hang_up": ("client hangs up, retries", retried),
    "killed_before_commit": ("`kill -9` before the commit", retried),
    "killed_after_commit": ("`kill -9` after the commit", retried),
    "lost_acknowledgement": ("COMMIT's answer is lost", lost_acknowledgement),
    "provider_timeout": ("provider pays, answers too late", provider_timeout),
    "deploy": ("retry after a deploy that renamed the function", deploy),
}


def verdict(scenario: str, facts: Facts) -> Verdict:
    """One cell."""
    if "failed" in facts:
        return Verdict(UNMEASURED, "not measured")
    return RULES[scenario][1](facts)
