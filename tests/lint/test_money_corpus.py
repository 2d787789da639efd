"""The labels of real handlers are whole: what they are held against is fetched by ``benchmarks/money_map.py``."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from benchmarks.money_map import (
    HALVES,
    KINDS,
    ROTATED,
    Judged,
    Label,
    is_at_the_line,
    labelled,
    says_money,
    share,
    writes_or_is_named,
)

PACKAGES = labelled()
LABELS = [label for package in PACKAGES for label in package.labels]


def test_there_are_enough_labels_in_each_half_and_about_a_quarter_moves_money() -> None:
    assert len(PACKAGES) >= 20
    assert len(LABELS) >= 250
    for half in (*HALVES, *ROTATED):
        chosen = [label for label in LABELS if label.half == half]
        assert 0.2 < sum(label.moves for label in chosen) / len(chosen) < 0.4, half


def test_a_package_is_in_one_half_and_named_once_with_its_exact_version() -> None:
    assert [name for name, count in Counter(package.name for package in PACKAGES).items() if count > 1] == []
    assert {package.half for package in PACKAGES} == {*HALVES, *ROTATED}
    assert [package.name for package in PACKAGES if not re.fullmatch(r"[\w.]+", package.version)] == []


def test_a_handler_is_labelled_once() -> None:
    places = Counter((label.package, label.file, label.line, label.qualname) for label in LABELS)
    assert [place for place, count in places.items() if count > 1] == []


def test_a_label_has_its_reason_and_one_that_moves_has_kind_and_place() -> None:
    def is_whole(label: Label) -> bool:
        placed = re.fullmatch(r"\S.*\.py:[1-9]\d*", label.sink) is not None and label.kind in KINDS
        return bool(label.reason) and (placed if label.moves else not label.kind and not label.sink)

    assert [label.place for label in LABELS if not is_whole(label)] == []


def test_halves_are_dealt_by_the_hash_of_the_names() -> None:
    dealt = [package for package in PACKAGES if package.half in HALVES]
    for batch in sorted({package.batch for package in dealt}):
        names = sorted(
            (package for package in dealt if package.batch == batch),
            key=lambda package: hashlib.sha256(package.name.encode()).hexdigest(),
        )
        assert [package.half for package in names] == [HALVES[index % 2] for index in range(len(names))]


def test_words_of_names_and_routes_are_seen_however_they_are_joined() -> None:
    def handler(qualname: str, *routes: str) -> dict[str, object]:
        return {"qualname": qualname, "routes": list(routes)}

    assert says_money(handler("PaymentView.post"))
    assert says_money(handler("create_refund"))
    assert says_money(handler("create", "/v1/payments"))
    assert not says_money(handler("repay_attention", "/payslips"))
    assert not says_money(handler("LoginView.post", "/login"))


def test_the_second_tier_is_the_linters_own_where_it_has_one() -> None:
    named: dict[str, object] = {"qualname": "pay", "route": "/payments", "writes": []}
    assert writes_or_is_named(named)
    assert not writes_or_is_named(named | {"moves": "no"})
    assert writes_or_is_named(named | {"qualname": "act", "route": None, "moves": "named"})
    assert writes_or_is_named(named | {"moves": "likely", "writes": [{}]})


def test_a_write_is_at_the_labelled_line_give_or_take_a_statement() -> None:
    [label, *_] = (label for label in LABELS if label.moves)
    file, _, line = label.sink.rpartition(":")

    def found(file: str, line: int) -> Judged:
        return Judged(label, {"writes": [{"file": file, "line": line}]})

    assert is_at_the_line(found(file, int(line) + 2))
    assert not is_at_the_line(found(file, int(line) + 40))
    assert not is_at_the_line(found("another.py", int(line)))
    assert not is_at_the_line(Judged(label, None))


def test_a_share_of_nothing_is_no_number() -> None:
    assert share([], []) == "-"
