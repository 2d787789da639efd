"""What every reply of the console has, whichever server sends it."""

from __future__ import annotations

from idem_runtime.operate.console.messages import Reply

HEADERS = (
    # nothing but our own style sheet: a script that got into a page would not run
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    # not no-referrer, with which a browser does not say where a form comes from
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
)
LARGEST_FORM = 256 * 1024
"""Bytes."""
TOO_LARGE = Reply(413, f"more than the {LARGEST_FORM // 1024} kB that a form here can have\n", "text/plain")
