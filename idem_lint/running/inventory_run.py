"""``idem-lint inventory``: the report that is asked for, and what is different from a lock or from an earlier commit."""

from __future__ import annotations

from typing import NamedTuple

from idem_lint.reports import inventory_report
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.running.option_parsing import UsageError
from idem_lint.running.project_run import inventory
from idem_lint.running.source_links import SourceLinks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from idem_lint.run_results import Inventory
    from idem_lint.running.adoption_run import Said
    from idem_lint.settings.config import ConfigOf

_FOR_PEOPLE = ("html", "markdown")


class Listed(NamedTuple):
    """What is to be printed; ``is_wrong``: the lock is not what the code says; ``is_incomplete``: a fault of idem-lint."""

    lines: Iterable[str]
    left_out: tuple[str, ...]
    is_wrong: bool
    is_incomplete: bool


def listed(
    options: Namespace, paths: list[Path], stdin: tuple[Path, bytes] | None, config: ConfigOf
) -> Listed:
    """The inventory of the paths as the options want it. Raises UsageError for options that do not go together."""
    compares = any(given is not None for given in (options.write, options.check, options.since))
    # The others have no room for it; what is compared says whether there is any.
    with_money = options.format in {"json", *_FOR_PEOPLE} or compares
    result = inventory(paths, config, stdin=stdin, is_cached=not options.no_cache, with_money=with_money)
    said = _compared(options, result, paths) if compares else None
    if said is None or options.format == "markdown":
        lines = inventory_report(options.format, _view(options, config, said))(result)
    else:
        lines = iter(said.lines)
    return Listed(lines, result.left_out, said is not None and said.is_wrong, bool(result.faults))


def _view(options: Namespace, config: ConfigOf, said: Said | None) -> InventoryView | None:
    """What a report for people needs to know beside the inventory."""
    if options.format not in _FOR_PEOPLE:
        return None
    view = InventoryView(options.title, SourceLinks(config, options.source_url), options.today)
    return view if said is None else view._replace(changes=said.changes, compared=said.compared)


def _compared(options: Namespace, result: Inventory, paths: Sequence[Path]) -> Said | None:
    """Write or check the lock of the handlers, or hold them against an earlier commit; what could not be looked at cannot
    be compared.
    """
    from idem_lint.running.adoption_run import changed_since, check_lock, write_lock

    if sum(given is not None for given in (options.write, options.check, options.since)) > 1:
        raise UsageError("--write, --check and --since: one of the three")
    allowed = ("table",) if options.write is not None else ("table", "markdown")
    if options.format not in allowed:
        raise UsageError(f"what changed is written as {' or '.join(allowed)}, not as {options.format}")
    if result.faults:
        return None
    if options.write is not None:
        return write_lock(options.write, result)
    if options.check is not None:
        return check_lock(options.check, result)
    return changed_since(options.since, result, paths, _choosing(options), options.config)


def _choosing(options: Namespace) -> list[str]:
    """The options that choose files and domains, as they are written."""
    chosen = [f"--exclude={pattern}" for pattern in options.exclude]
    chosen += ["--all-domains"] if options.all_domains else []
    chosen += [f"--preset={options.preset}"] if options.preset else []
    return [*chosen, f"--jobs={options.jobs}"] if options.jobs else chosen
