"""What the list of frameworks says of each."""

from __future__ import annotations

import pytest

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework
from idem_lint.finding.runtime_adapters import RuntimeAdapter
from idem_lint.frameworks.registry import NAMES, registry
from tests.project import ROOT

FRAMEWORKS = [
    pytest.param(framework, id=name) for name, framework in zip(NAMES, registry().frameworks, strict=True)
]
ADAPTERS = [
    pytest.param(value, id=value.name)
    for value in vars(runtime_adapters).values()
    if isinstance(value, RuntimeAdapter)
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_says_what_people_call_it(framework: Framework) -> None:
    assert framework.titles


def test_no_title_is_given_twice() -> None:
    titles = [title for framework in registry().frameworks for title in framework.titles]
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_is_one_that_the_runtime_has_and_documents(adapter: RuntimeAdapter) -> None:
    page, _, anchor = adapter.page.partition("#")
    headings = [line for line in (ROOT / page).read_text("utf-8").split("\n") if line.startswith("#")]
    assert (ROOT / "idem_runtime" / "adapters" / adapter.name).is_dir()
    assert not anchor or anchor in map(_anchor, headings)


def _anchor(heading: str) -> str:
    text = heading.lstrip("# ").lower()
    return "".join(letter for letter in text if letter.isalnum() or letter in " -").replace(" ", "-")
