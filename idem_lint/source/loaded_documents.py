"""Documents as plain values: JSON by the standard library, YAML by PyYAML where that is installed.

Where it is not, or where the text is a template that is no YAML yet, the lines are read for mappings: paths, methods and
the keys below them; lists are passed over. A tag of somebody's own (``!Ref``, ``!Sub``) gives the text that it is put on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from idem_lint.source.documents import read_document

_LINE = re.compile(r"""^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s#'"{\[-][^:#]*?)):(?:\s+(.*?))?\s*$""")


def load(path: Path) -> object:
    """A document as plain values; ``None`` where there is no such file or it is no text."""
    try:
        text = read_document(path)
    except (OSError, UnicodeDecodeError):
        return None
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError:
            return None
    return _yaml(text)


def _yaml(text: str) -> object:
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        return from_lines(text)
    try:
        return cast("object", yaml.load(text, Loader=_loader()))
    except yaml.YAMLError:
        return from_lines(text)


@cache
def _loader() -> type[Any]:
    """PyYAML's safe loader, which takes any tag for the text that it is put on."""
    yaml: Any = import_module("yaml")
    loader: type[Any] = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    cast("Any", loader).add_multi_constructor("!", _untagged)
    return loader


def _untagged(_loader: object, _suffix: str, node: Any) -> str:
    return node.value if isinstance(node.value, str) else ""


def from_lines(text: str) -> dict[str, object]:
    """The mappings of a block-style YAML text by their indentation; lists and other values are passed over."""
    root: dict[str, object] = {}
    stack: list[tuple[int, dict[str, object]]] = [(-1, root)]
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        indent = len(match[1])
        while stack[-1][0] >= indent:
            stack.pop()
        key = next(part for part in (match[2], match[3], match[4]) if part is not None)
        value = re.sub(r"\s+#.*", "", match[5] or "").strip().strip("'\"")
        if value:
            stack[-1][1][key] = value
        else:
            child: dict[str, object] = {}
            stack[-1][1][key] = child
            stack.append((indent, child))
    return root


def mapping(value: object) -> Mapping[str, object]:
    """A mapping by its keys as text; an empty one for everything else."""
    if not isinstance(value, dict):
        return {}
    return {str(key): item for key, item in cast("dict[object, object]", value).items()}
