"""Project decorators that register a wrapper of what they are put on, whatever they return."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

API = """
--- core/api.py
import functools

from fastapi import FastAPI
from idem_runtime import money_moving

app = FastAPI()
"""

WRAPPERS = sources(
    f"""
### a decorated wrapper, and the function itself is returned
from core.api import operation
from idem_runtime import money_moving


@operation("/a")
def transfer(amount: int):  # found
    return amount


@operation("/b")
@money_moving
def refund(amount: int):  # found: money_moving
    return amount


@money_moving
@operation("/c")
def payout(amount: int):  # idle
    return amount
{API}

def operation(path):
    def decorate(function):
        @app.post(path)
        @functools.wraps(function)
        def run(*args, **kwargs):
            return function(*args, **kwargs)

        return function

    return decorate
### a decorated wrapper without functools.wraps
from core.api import operation
from idem_runtime import money_moving


@operation("/a")
def transfer(body: dict):  # found
    return body


@operation("/b")
@money_moving
def refund(body: dict):  # found: money_moving
    return body
{API}

def operation(path):
    def decorate(function):
        @app.post(path)
        def run(body: dict):  # found
            result = function(body)
            return result

        return function

    return decorate
### a wrapper of no parameter
from core.api import operation


@operation("/a")
def transfer(body: dict):
    return body
{API}

def operation(path):
    def decorate(function):
        @app.post(path)
        def run(body: dict):  # found
            return body

        return function

    return decorate
### a wrapper that reads
from core.api import operation


@operation("/a")
def balance():
    return 1
{API}

def operation(path):
    def decorate(function):
        @app.get(path)
        @functools.wraps(function)
        def run(*args, **kwargs):
            return function(*args, **kwargs)

        return function

    return decorate
### a wrapper that the decorator marks
from core.api import operation


@operation("/a")
def transfer(amount: int):  # found: money_moving
    return amount
{API}

def operation(path):
    def decorate(function):
        @app.post(path)
        @money_moving
        @functools.wraps(function)
        def run(*args, **kwargs):
            return function(*args, **kwargs)

        return function

    return decorate
### a mark at the registration in a decorator
from core.api import operation, wrapping


@operation("/a")
def transfer(amount: int):  # found: money_moving
    return amount


@wrapping("/b")
def refund(amount: int):  # found: money_moving
    return amount
{API}

def operation(path):
    def decorate(function):
        app.post(path)(money_moving(function))
        return function

    return decorate


def wrapping(path):
    def decorate(function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            return function(*args, **kwargs)

        app.add_api_route(path, money_moving(run), methods=["POST"])
        return function

    return decorate
### a function that is given a function and decorates a wrapper of it
from core.api import hang


def transfer(amount: int):  # found
    return amount


hang("/a", transfer)
{API}

def hang(path, function):
    @app.post(path)
    @functools.wraps(function)
    def run(*args, **kwargs):
        return function(*args, **kwargs)
"""
)


@pytest.mark.parametrize("source", WRAPPERS)
def test_what_a_registered_wrapper_is_for_is_the_handler(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
