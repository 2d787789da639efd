"""This folder runs where it says."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.runtime import postgres


def test_the_server_is_the_other_installation(db: psycopg.Connection[Any]) -> None:
    version = db.info.server_version // 10_000
    assert str(version) in str(postgres.other())
