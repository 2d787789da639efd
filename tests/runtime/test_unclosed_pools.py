"""The suite's own watch: a pool that nobody closes fails the test that is to blame."""

from __future__ import annotations

import gc

import pytest
from psycopg_pool import ConnectionPool

from tests.runtime import unclosed_pools


def opened(dsn: str) -> ConnectionPool:
    pool = ConnectionPool(dsn, min_size=1, open=True, name="forgotten")
    pool.wait()
    return pool


def test_a_pool_that_is_collected_open_is_told_with_the_test_that_opened_it(dsn: str) -> None:
    with unclosed_pools.watched() as watch:
        opened(dsn)
    with pytest.raises(AssertionError, match=r"never closed: .*forgotten, opened in .*::test_a_pool_that_is"):
        watch.refuse_collected()
    watch.refuse_collected()


def test_so_is_one_that_only_the_garbage_collector_finds(dsn: str) -> None:
    with unclosed_pools.watched() as watch:
        pool = opened(dsn)
        vars(pool)["itself"] = pool
        del pool
        gc.collect()
    with pytest.raises(AssertionError, match=r"opened in .*::test_so_is_one"):
        watch.refuse_collected()


def test_a_pool_that_is_open_at_the_end_is_told(dsn: str) -> None:
    with unclosed_pools.watched() as watch:
        with opened(dsn):
            watch.refuse_collected()
            with pytest.raises(AssertionError, match=r"still open at the end: .*forgotten"):
                watch.refuse_open()
        watch.refuse_open()
