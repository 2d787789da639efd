"""What is printed about the rules: ``idem-lint explain``, ``idem-lint rules`` and ``docs/rules.md``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import indent, wrap

from idem_lint.rules.rule import Rule

_WIDTH = 100
_HEAD = """\
# Rules

<!-- Written by `idem-lint rules --format markdown`; change the rules, not this page. -->

Each finding is reported at the `def` line of its handler (the `class` line where the handler is inherited, the
registering call where there is no definition in reach). `idem-lint explain CODE` prints one of these sections.
"""


def render(rules: Sequence[Rule], form: str) -> Iterator[str]:
    """The list of all rules in one of ``options.RULE_FORMATS``: whole lines without line ends."""
    if form == "json":
        yield json.dumps([_values(rule) for rule in rules], indent=2)
    elif form == "markdown":
        yield _HEAD
        yield "| code | name | finds | flake8 |\n| --- | --- | --- | --- |"
        yield from (f"| [{r.code}](#{_anchor(r)}) | {r.name} | {r.summary} | {_yes(r)} |" for r in rules)
        yield from (f"\n{_section(rule)}" for rule in rules)
    else:
        yield from (f"{rule.code}  {rule.name:<26}{rule.summary}" for rule in rules)


def explain(rule: Rule) -> Iterator[str]:
    """One rule for a terminal."""
    yield f"{rule.code} {rule.name} ({rule.severity})"
    for heading, text in (("What", rule.summary), ("Why", rule.why), ("Leave it out", _leave_out(rule))):
        yield ""
        yield heading
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    for heading, code in (("Wrong", rule.bad), ("Right", rule.good)):
        yield ""
        yield heading
        yield indent(code.rstrip("\n"), "    ")


def _values(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "summary": rule.summary,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
        "flake8": rule.per_file,
    }


def _section(rule: Rule) -> str:
    return (
        f"## {rule.code} {rule.name}\n\n{rule.summary}\n\n### Why\n\n{rule.why}\n\n"
        f"### Wrong\n\n```python\n{rule.bad}```\n\n### Right\n\n```python\n{rule.good}```\n\n"
        f"### Leave it out\n\n{_leave_out(rule)}"
    )


def _anchor(rule: Rule) -> str:
    return f"{rule.code.lower()}-{rule.name}"


def _yes(rule: Rule) -> str:
    return "yes" if rule.per_file else "no"


def _leave_out(rule: Rule) -> str:
    configured = f'`per-file-ignores` or `ignore = ["{rule.code}"]` in [tool.idem-lint]'
    if rule.by_comment:
        return f"`# noqa: {rule.code}` on the line of the finding, or {configured}."
    return f"{configured[:1].upper()}{configured[1:]}; no comment silences it."
