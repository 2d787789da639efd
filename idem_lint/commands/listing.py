"""``inventory``, ``money``, ``why``, ``explain`` and ``rules``: what there is, and why."""

from __future__ import annotations

from idem_lint.commands.output import CLEAN, FINDINGS, INCOMPLETE, fail, note, write
from idem_lint.running.input_paths import configured, input_of
from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def inventory(options: Namespace) -> int:
    """Every handler and how it stands."""
    paths, stdin = input_of(options)
    config = configured(options, paths)
    from idem_lint.running.inventory_run import listed

    said = listed(options, paths, stdin, config)
    note(said.left_out)
    write(said.lines, options.output)
    if said.is_incomplete:
        return fail(INCOMPLETE)
    return FINDINGS if said.is_wrong else CLEAN


def money(options: Namespace) -> int:
    """Where money is moved, and from where that is reached."""
    paths, stdin = input_of(options)
    config = configured(options, paths)
    from idem_lint.reports import money_report
    from idem_lint.running import project_run

    result = project_run.inventory(paths, config, stdin=stdin, is_cached=not options.no_cache)
    note(result.left_out)
    write(money_report(options.format)(result), options.output)
    return fail(INCOMPLETE) if result.faults else CLEAN


def why(options: Namespace) -> int:
    """How the calls around one line were resolved."""
    from idem_lint.reports.why import text
    from idem_lint.running import why_run

    place = why_run.place_of(options.place)
    paths, _ = input_of(options)
    write(text(why_run.why(place, paths, configured(options, paths))), None)
    return CLEAN


def explain(options: Namespace) -> int:
    """One rule's documentation."""
    from idem_lint.rules import RULES, documentation_page, find
    from idem_lint.settings.config import nearest_spelling

    rule = find(options.rule)
    if rule is None:
        known = [name for each in RULES for name in (each.code, each.name)]
        codes = ", ".join(each.code for each in RULES)
        raise UsageError(
            f'no rule "{options.rule}"; there are {codes}{nearest_spelling(options.rule, known)}'
        )
    write(documentation_page.explain(rule), None)
    return CLEAN


def rules(options: Namespace) -> int:
    """All rules."""
    from idem_lint.rules import RULES
    from idem_lint.rules.documentation_page import render

    write(render(RULES, options.format), options.output)
    return CLEAN
