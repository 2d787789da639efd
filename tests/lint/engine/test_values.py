"""What the linter makes of the expressions that routes are given: each is the ``methods`` of a Flask route."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import handlers_of, undecided_of

SOURCE = """
from flask import Flask
import asyncio, copy, functools, itertools, os, typing

app = Flask(__name__)
{before}

@app.route("/transfers", methods={expression})
def transfer(): ...
"""
POST = {"transfer": "POST"}

# Expression -> what stands above it.
KNOWN: dict[str, str] = {
    "['POST']": "",
    "('post',)": "",
    "['POST'] + ['GET'][:0]": "",
    "{'POST'} - {'GET'}": "",
    "[m for m in ['POST']]": "",
    "list(['POST'])": "",
    "[*['POST'], *set()]": "",
    "dict(a=['POST'])['a']": "",
    "{'a': ['POST']}.get('a')": "",
    "{'a': 1}.get('b', ['POST'])": "",
    "list({'POST': 1}.keys())": "",
    "{**{'a': ['POST']}}['a']": "",
    "({'a': ['GET']} | {'a': ['POST']})['a']": "",
    "{m: [m] for m in ['POST']}['POST']": "",
    "['POST'] or ['GET']": "",
    "[] or ['POST']": "",
    "{} or ['POST']": "",
    "(x := ['POST'])": "",
    "'POST'.split()": "",
    "'POST,POST'.split(',')": "",
    "['{}'.format('x') and 'POST']": "",
    "typing.cast(list, ['POST'])": "",
    "copy.copy(['POST'])": "",
    "['POST'].copy()": "",
    "list(itertools.chain(['POST'], []))": "",
    "list(itertools.chain.from_iterable([['POST']]))": "",
    "[pair[1] for pair in enumerate(['POST'])]": "",
    "[b for a, b in zip(['GET'], ['POST'])]": "",
    "methods['a']": "methods = {}\nmethods['a'] = ['POST']",
    "methods['b']": "methods = {}\nmethods.update({'b': ['POST']})",
    "sorted(methods)": "methods = []\nmethods.insert(0, 'POST')\nmethods.sort()",
    "both": "both = set()\nboth.update(['POST'])",
    "chosen": "chosen, other = ['POST'], ['GET']",
    "held[0]": "held = [['POST']]",
    "only(methods=['POST'])": "def only(*, methods, extra=()): return methods",
    "default()": "def default(*, methods=('POST',)): return methods",
    "first(*[['POST']])": "def first(methods): return methods",
    "second(*[1], ['POST'])": "def second(one, methods): return methods",
    "named(**{'methods': ['POST']})": "def named(methods): return methods",
    "Money.METHODS": "class Money:\n    METHODS = ['POST']",
    "Money().methods": "class Money:\n    def __init__(self): self.methods = ['POST']",
    "Money().methods + []": "class Money:\n    @property\n    def methods(self): return ['POST']",
    "Money(['POST']).methods": "class Money(typing.NamedTuple):\n    methods: list",
    "Money(methods=['POST']).methods": "class Money(typing.NamedTuple):\n    methods: list",
    "(lambda: ['POST'])() or ['POST']": "",
    "methods": "other = []\nmethods = ['POST']\nother.append(methods)\nmethods.extend(methods)",
    "held.methods": "class Held:\n    size: int\n    methods = ['POST']\nheld = Held()",
    "{'b': 1, 'a': ['POST']}['a']": "",
    "list() or ['POST']": "",
    "['post'.upper()]": "",
    "list({'a': 'POST'}.values())": "",
    "late": "late: list[str]\nlate = ['POST']",
    "changed": "def change():\n    global changed\n    changed = ['POST']",
    "'GET,POST'[4:]": "",
    "{'POST'}.copy()": "",
    "{http.HTTPMethod.POST, http.HTTPMethod.GET} - {http.HTTPMethod.GET}": "import http",
    "bag[0]": "bag = {'POST'}, 'GET'",
    "[list({'POST'})[0]]": "",
    "['GET', *unknown][:1] or ['POST']": "",
    "{m for m in ['POST']}": "",
    "every": "every = ['POST']\nevery[0] = 'POST'",
    "(['POST'] if os.name else ['GET', 'POST'])[-1:]": "",
}

# What a program alone could tell.
UNKNOWN: dict[str, str] = {
    "os.environ['METHODS'].split(',')": "",
    "load()": "def load(): return open('x').read()",
    "[a for a in MANY for b in MANY]": "MANY = ['A'] * 1 + [" + "'A'," * 30 + "]",
    "[*(['POST'] if x else unknown)]": "",
    "'POST'.split(unknown)": "",
    "{'a': 1}.get(unknown)": "",
    "[].index(unknown)": "",
    "circle": "circle = circle",
    "{m: 1 for m in unknown}": "",
    "[m for m in unknown]": "",
    "[*unknown]": "",
    "unknown['a']": "",
    "unknown + unknown": "",
    "['a', 'b'][unknown]": "",
    "['POST'][7]": "",
    "f'{unknown}'[0]": "",
    "enumerate(unknown)": "",
    "failed": "try: ...\nexcept ValueError as failed: ...",
    "[m for a in range(9) for m in a]": "",
    "['POST'].pop()": "",
    "{'a': 1}.popitem()": "",
    "'POST'.center(9)": "",
    "7 .bit_length()": "",
    "first(*unknown)": "def first(methods): return methods",
    "named(**unknown)": "def named(methods=None, **rest): return rest",
    "super().methods": "",
    "-1": "",
    "['get'.replace('get', 'x'), 'POST'][1:]": "POST = 1",
    "held[-1]": "held = [['GET'], ['POST']]",
    "[next(iter(['POST']))] or ['POST']": "",
    "all_of([*[a for a in 'x']])": "def all_of(m): return m",
}

# What only some order, number or comparison that is not in the source would tell: nothing is guessed.
UNDECIDED: dict[str, str] = {
    "['GET', 'POST'][:unknown]": "",
    "['GET', 'POST'][:'1']": "",
    "['GET', 'POST'][::0]": "",
    "'POST'[:unknown]": "",
    "unknown[:1]": "",
    "[*unknown, 'POST'][:1]": "",
    "list({'GET', 'POST'})[:1]": "",
    "list({m for m in ['GET', 'POST']})[:1]": "",
    "list(reversed(list({'GET', 'POST'})))[:1]": "",
    "sorted(['GET', 'POST'], reverse=True)[:1]": "",
    "sorted(['POST', *unknown])[:1]": "",
    "sorted([unknown, 'POST'])[:1]": "",
    "[m for m in ['GET', 'POST'] if m != 'GET'][:1]": "",
    "{'POST'} - unknown": "",
    "unknown & {'POST'}": "",
    "{'POST', *unknown} - {'GET'}": "",
    "{'POST'}.difference(unknown)": "",
    "{'GET', http.HTTPMethod.POST} - {'POST'}": "import http",
    "['POST'] * times": "times = 2",
    "moved[:1]": "moved = ['GET', 'POST']\nmoved.sort()",
    "moved[1:]": "moved = ['POST', 'GET']\nmoved.insert(0, 'PUT')",
    "(~7)": "",
}


@pytest.mark.parametrize("expression", KNOWN)
def test_the_methods_are_read(expression: str, tmp_path: Path) -> None:
    source = SOURCE.format(before=KNOWN[expression], expression=expression)
    assert handlers_of(tmp_path, {"app.py": source}) == POST


@pytest.mark.parametrize("expression", UNKNOWN)
def test_a_handler_whose_methods_cannot_be_read_is_not_passed_over(expression: str, tmp_path: Path) -> None:
    source = SOURCE.format(before=UNKNOWN[expression], expression=expression)
    found, open_places = handlers_of(tmp_path, {"app.py": source}), undecided_of(tmp_path, {"app.py": source})
    assert found or open_places


@pytest.mark.parametrize("expression", UNDECIDED)
def test_what_is_not_in_the_source_is_undecided(expression: str, tmp_path: Path) -> None:
    source = SOURCE.format(before=UNDECIDED[expression], expression=expression)
    assert handlers_of(tmp_path, {"app.py": source}) == {}
    assert undecided_of(tmp_path, {"app.py": source})
