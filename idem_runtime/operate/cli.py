"""``idem-runtime``: arguments in, exit code out. The only place of this package that prints.

Exit codes: 0 done, 1 something was found or not found, 2 it could not be done, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.operate import cli_options as command_line

if TYPE_CHECKING:
    from idem_runtime.drivers.pools import Table
    from idem_runtime.operate.admin_connection import Admin
    from idem_runtime.operate.maintenance import Named
    from idem_runtime.settings import Settings

ELSEWHERE = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``idem-runtime`` with ``argv`` (default: the process's arguments); returns the exit code."""
    arguments = command_line.parse(argv)
    if arguments.command is None:
        return 0
    try:
        code = COMMANDS[arguments.command](arguments)
        sys.stdout.flush()
    except (ConfigurationError, IdempotencyError) as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        print("idem-runtime: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `idem-runtime list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _failed(message: str) -> int:
    print(f"idem-runtime: {message}", file=sys.stderr)
    return 2


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _say_json(document: Any) -> None:
    print(json.dumps(document, indent=2))  # ASCII: nothing in it can move a terminal's cursor


def _settings(arguments: argparse.Namespace) -> Settings:
    from idem_runtime import settings

    return settings.load(dsn=arguments.dsn, schema_name=arguments.schema, table=arguments.table)


def _table(found: Settings) -> Table:
    from idem_runtime.drivers.pools import Table

    return Table(found.table, found.schema_name)


def _admin(arguments: argparse.Namespace) -> Admin:
    from idem_runtime.operate.admin_connection import Admin

    found = _settings(arguments)
    if found.dsn is None or not found.dsn.get_secret_value():
        raise ConfigurationError("no store: give --dsn, or set IDEM_DSN or DATABASE_URL")
    return Admin(found.dsn.get_secret_value(), _table(found))


def _store(arguments: argparse.Namespace) -> str:
    """The options that chose the table, for a command that is to be pasted; never the DSN, which has a password."""
    given = {"--schema": arguments.schema, "--table": arguments.table}
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value is not None)


def _migrate(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import maintenance

    if arguments.format == "alembic":
        return _revision(arguments)
    if arguments.alembic_ini is not None or arguments.head is not None:
        raise ConfigurationError("--alembic-ini and --head are for --format alembic")
    if arguments.format is not None:
        print(maintenance.script(_table(_settings(arguments)), arguments.format), end="")
        return 0
    with _admin(arguments) as admin:
        print(maintenance.migrate(admin))
    return 0


def _revision(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import alembic_revision

    table = _table(_settings(arguments))
    follows = alembic_revision.follows(table, ini=arguments.alembic_ini, head=arguments.head)
    print(alembic_revision.script(table, follows.revision), end="")
    print(f"idem-runtime: {follows.said}", file=sys.stderr)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import doctor, json_output

    with _admin(arguments) as admin:
        findings = doctor.examine(admin, local_clock=time.time())
        if arguments.format == "json":
            document = json_output.examined(admin.table.quoted, findings)
            _say_json(document)
            return 1 if document["problems"] else 0
        problems = 0
        for finding in findings:
            problems += finding.level == "problem"
            word = "PROBLEM" if finding.level == "problem" else finding.level
            print(f"{word:8} {finding.about:12} {finding.what}")
            if finding.remedy is not None:
                print(f"{'':8} {'':12} remedy: {finding.remedy}")
        well = f"no problem found with {admin.table.quoted}"
    print(f"\n{problems} problem{'s' * (problems > 1)}" if problems else f"\n{well}")
    return 1 if problems else 0


def _list(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import json_output

    alive = [
        state
        for state, left_out in ((True, arguments.unknown), (False, arguments.in_progress))
        if not left_out
    ]
    with _admin(arguments) as admin:
        rows = admin.rows("unanswered", alive=alive, limit=arguments.limit + 1)
    if arguments.format == "json":
        _say_json(json_output.listed(rows, arguments.limit))
    elif not rows:
        print("none")
    else:
        _say(_listed(rows, arguments))
    return 1 if rows and arguments.fail else 0


def _listed(rows: Sequence[dict[str, Any]], arguments: argparse.Namespace) -> Iterable[str]:
    from idem_runtime.operate import maintenance, terminal_output

    lines: list[tuple[str, ...]] = []
    for row in rows[: arguments.limit]:
        name = maintenance.Named(row["scope"], row["key"])
        principal, operation = maintenance.parts_of(name.scope) or ("?", name.scope)
        lines.append(
            (terminal_output.duration(row["age"]), row["state"], principal, operation, name.key, name.digest)
        )
    yield from terminal_output.table(("AGE", "STATE", "PRINCIPAL", "OPERATION", "KEY", "DIGEST"), lines)
    if len(rows) > arguments.limit:
        yield f"… and more: --limit {arguments.limit * 10}"
    yield f"\nOne of them: idem-runtime show --digest DIGEST{_store(arguments)}"


def _name(arguments: argparse.Namespace, admin: Admin) -> Named:
    """The record that is asked for.

    :raises ConfigurationError: none, or more than one, has the digest.
    """
    from idem_runtime.operate import maintenance, terminal_output

    if arguments.digest:
        found = maintenance.find(admin, arguments.digest.strip().lower())
        if len(found) != 1:
            which = "".join(f"\n  {terminal_output.printable(each.scope)} {each.key}" for each in found)
            raise ConfigurationError(f"{len(found)} records have the digest {arguments.digest}{which}")
        return found[0]
    if arguments.principal is not None:
        return maintenance.named(arguments.principal, arguments.operation, arguments.names[0])
    return maintenance.Named(*arguments.names)


def _show(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import json_output, terminal_output

    with _admin(arguments) as admin:
        name = _name(arguments, admin)
        asked = {"scope": name.scope, "key": name.key}
        record, decisions = admin.row("show", **asked), admin.rows("decisions", **asked)
        now = (admin.row("now") or {})["now"]
        known = record is not None or bool(decisions)
        elsewhere = [] if known else _elsewhere(admin, name)
    if arguments.format == "json" and (known or _is_scope(name)):
        _say_json(json_output.shown(name, record, decisions, now=now, elsewhere=elsewhere))
        return 0 if known else 1
    if not known:
        return _absent(name, elsewhere, _store(arguments))
    _say(terminal_output.heading(name, record))
    _say(["", *terminal_output.timeline(record, decisions, now)])
    if terminal_output.state_of(record) == "UNKNOWN":
        _say(["", *terminal_output.how_to_decide(name, _store(arguments))])
    return 0


def _elsewhere(admin: Admin, name: Named) -> list[Named]:
    """The records of the same key under other scopes, the latest of them."""
    from idem_runtime.operate import maintenance

    rows = admin.rows("elsewhere", key=name.key, limit=ELSEWHERE)
    return [maintenance.Named(row["scope"], name.key) for row in rows]


def _is_scope(name: Named) -> bool:
    from idem_runtime.operate import maintenance

    return maintenance.parts_of(name.scope) is not None


def _absent(name: Named, elsewhere: Sequence[Named], store: str) -> int:
    """Nothing is known of ``name``: a slip of the operator's, or a key that is free."""
    from idem_runtime.operate import terminal_output

    if not _is_scope(name):
        _failed(
            f"{terminal_output.printable(name.scope)!r} is no scope: it has the lengths of its two parts, as in "
            "'5:alice22:POST /wallet/transfers'. Easier: KEY --principal alice --operation 'POST /wallet/transfers'"
        )
    elif not elsewhere:
        print(f"no record, here or under another scope: this key is free ({name.digest} in logs)")
    else:
        print("no record under this scope")
    if elsewhere:
        print(
            "the key is there under another scope:",
            *(terminal_output.command("show", other, store) for other in elsewhere),
            sep="\n  ",
        )
    return 1 if _is_scope(name) else 2


def _resolve(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import maintenance

    body = maintenance.answer(arguments.status, arguments.body) if arguments.executed else b""
    who: dict[str, Any] = {"who": arguments.by, "why": arguments.why}
    retention = _settings(arguments).retention.total_seconds()
    with _admin(arguments) as admin:
        name = _name(arguments, admin)
        if arguments.executed:
            kept: dict[str, Any] = {"status": arguments.status, "body": body, "retention": retention}
            done = maintenance.resolve_executed(admin, name, **who, **kept)
        else:
            done = maintenance.resolve_not_executed(admin, name, **who)
        if not done:
            return _not_unknown(admin, name, _store(arguments))
    _say(_resolved(arguments, name, retention))
    return 0


def _not_unknown(admin: Admin, name: Named, store: str) -> int:
    from idem_runtime.operate import terminal_output

    record = admin.row("show", scope=name.scope, key=name.key)
    if record is None:
        return _absent(name, _elsewhere(admin, name), store)
    state = terminal_output.state_of(record)
    print(
        f"nothing to resolve: it is {state}, not UNKNOWN ({terminal_output.MEANINGS.get(state, 'not a state of ours')})"
    )
    return 1


def _resolved(arguments: argparse.Namespace, name: Named, retention: float) -> Iterable[str]:
    from idem_runtime.operate import maintenance, terminal_output

    yield "resolved"
    if arguments.not_executed:
        yield "The key is free: a retry executes."
        return
    until = f"for {terminal_output.duration(retention)}"
    if maintenance.is_http(name.scope):
        yield f"A retry gets status {arguments.status} and this body, {until}: {arguments.body or '(none)'}"
        return
    yield f"A retry gets {arguments.body or '(nothing)'}, {until}; a function reads it by its return annotation."
    yield "A body that does not fit that type is an error for the caller; nothing is executed again."


def _purge(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import maintenance

    with _admin(arguments) as admin:
        expired = (admin.row("by_index+purgeable") or {})["records"]
        if arguments.dry_run:
            print(f"{expired} records would be removed")
            return 0
        gone, end = 0, "\r" if sys.stderr.isatty() else "\n"  # one line that counts, or lines for a log
        try:
            for gone in maintenance.purge(admin, arguments.batch):
                print(f"{gone:,} of {max(expired, gone):,} removed", end=end, file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print(
                f"idem-runtime: stopped; {gone} records are removed, the rest is for the next run",
                file=sys.stderr,
            )
            return 130
        except (ConfigurationError, IdempotencyError) as error:
            return _failed(f"{error}\n {gone} records are removed, the rest is for the next run")
    print(f"{gone} records removed")
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import json_output, terminal_output

    with _admin(arguments) as admin:
        found = admin.row("stats", table=admin.table.quoted) or {}
    if arguments.format == "json":
        _say_json(json_output.counted(admin.table.quoted, found))
        return 0
    store = _store(arguments)
    todo = {"expired": f"idem-runtime purge{store}", "unknown": f"idem-runtime list --unknown{store}"}
    for name in ("completed", "expired", "in_progress", "unknown"):
        hint = f"   {todo[name]}" if found[name] and name in todo else ""
        print(f"{name:12} {found[name]:>12}{hint}")
    if found["oldest"] is not None:
        print(f"{'oldest unknown':14} {terminal_output.duration(found['oldest']):>10}")
    print(f"{'size':12} {terminal_output.size(found['bytes']):>12}")
    return 0


COMMANDS = {
    "migrate": _migrate,
    "doctor": _doctor,
    "list": _list,
    "show": _show,
    "resolve": _resolve,
    "purge": _purge,
    "stats": _stats,
}
