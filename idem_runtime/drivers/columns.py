"""The columns of the tables, and their types as Postgres names them."""

from __future__ import annotations

TIME = "timestamp with time zone"
SIX_COLUMNS = {
    "idempotency_key": "text",
    "status": "text",
    "response_data": "jsonb",
    "expiry_time": TIME,
    "in_progress_expiry": TIME,
    "payload_hash": "text",
}
"""Columns and types of another program's table (docs/decisions.md#the-table)."""
RECORD_COLUMNS = SIX_COLUMNS | {
    "scope": "text",
    "response_body": "bytea",
    "attempt": "uuid",
    "created_at": TIME,
    "completed_at": TIME,
}
