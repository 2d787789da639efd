"""What is said where there is no record: the scope is mistyped, the key is another scope's, or it is free."""

from __future__ import annotations

from collections.abc import Sequence

from idem_runtime.operate import terminal_output
from idem_runtime.operate.record_names import RecordName, command_to_paste, parts_of_scope


def report(name: RecordName, elsewhere: Sequence[RecordName], table_options: str) -> int:
    """Print it; returns the exit code: 2 for a scope that is none, else 1.

    ``elsewhere``: records of the same key under other scopes; ``table_options``: for commands to paste.
    """
    is_scope = parts_of_scope(name.scope) is not None
    if not is_scope:
        terminal_output.print_message(
            f"{terminal_output.printable(name.scope)!r} is no scope: it has the lengths of its two parts, as in "
            "'5:alice22:POST /wallet/transfers'. Easier: KEY --principal alice --operation 'POST /wallet/transfers'"
        )
    elif elsewhere:
        terminal_output.print_lines(["no record under this scope"])
    else:
        free = f"no record, here or under another scope: this key is free ({name.digest} in logs)"
        terminal_output.print_lines([free])
    if elsewhere:
        commands = [f"  {command_to_paste('show', other, table_options)}" for other in elsewhere]
        terminal_output.print_lines(["the key is there under another scope:", *commands])
    return 1 if is_scope else 2
