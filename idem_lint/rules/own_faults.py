"""A fault of idem-lint itself, as a report can say it: what was raised, and in which line of which of its files."""

from __future__ import annotations

from traceback import extract_tb


def described(error: Exception) -> str:
    """``ZeroDivisionError: division by zero (idem_lint/finding/routes.py, line 12)``."""
    frames = extract_tb(error.__traceback__)
    own = [frame for frame in frames if "idem_lint" in frame.filename] or frames
    where = f" (idem_lint{own[-1].filename.rpartition('idem_lint')[2]}, line {own[-1].lineno})" if own else ""
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"
