"""Elements of HTML. Whatever is no :class:`Markup` is text and is escaped; only :func:`element` makes ``Markup``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from idem_lint.reports.text import printable

_EMPTY = frozenset({"input", "meta", "wbr"})
"""Elements without content, which have no end tag."""


_JOINTS = re.compile(r"(?<=[/._])(?=\w)")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[str]"


def element(tag: str, *content: Content, **attributes: str | bool) -> Markup:
    """An element; ``class_`` is ``class``, ``data_label`` is ``data-label``. ``True`` stands for an attribute without a
    value, ``False`` and an empty text for no attribute.
    """
    opened = "".join([tag, *(_attribute(name, value) for name, value in attributes.items())])
    if tag in _EMPTY:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{together(*content)}</{tag}>")


def together(*content: Content) -> Markup:
    """Several pieces, one after the other."""
    return Markup("".join(_pieces(content)))


def breakable(text: str) -> Markup:
    """A path or dotted name, which may go on in the next line behind a slash, a dot or an underscore."""
    return together(*(piece for part in _JOINTS.split(text) for piece in (part, element("wbr"))))


def verbatim(text: str) -> Markup:
    """What stands in ``<style>`` or ``<script>``, which knows no escapes: this program's own text, never the project's."""
    return Markup(text)


def _pieces(content: Iterable[Content]) -> Iterable[str]:
    for piece in content:
        if isinstance(piece, Markup):
            yield piece
        elif isinstance(piece, str):
            yield escape(printable(piece))
        else:
            yield from _pieces(piece)


def _attribute(name: str, value: str | bool) -> str:  # noqa: FBT001 - the value of an attribute
    if value is False or value == "":
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(printable(value))}"'
