"""What an installer is told for an extra or a dependency group of ``pyproject.toml``, one argument a line.

``requirements.py dev``: this project, editable, with the extras that the group names, and everything else in it; with
``--key`` a digest of that. Groups are read here, because not every pip that comes with a Python knows ``--group``.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

TABLE = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = TABLE["dependency-groups"]
OURS = re.compile(r"idem-guard\[(.*)\]")


def main() -> None:
    name = sys.argv[-1]
    arguments = list(arguments_for(name))
    if "--key" in sys.argv:
        told = repr((TABLE["build-system"], TABLE["project"], arguments))
        arguments = [hashlib.sha256(told.encode()).hexdigest()]
    sys.stdout.write("".join(f"{argument}\n" for argument in arguments))


def arguments_for(name: str) -> Iterator[str]:
    if name not in GROUPS:
        yield from ("--editable", f".[{name}]")
        return
    for requirement in members(name):
        ours = OURS.fullmatch(requirement)
        yield from ("--editable", f".[{ours[1]}]") if ours else (requirement,)


def members(group: str) -> Iterator[str]:
    """A group's requirements, with those of the groups that it includes."""
    for member in GROUPS[group]:
        if isinstance(member, str):
            yield member
        else:
            yield from members(member["include-group"])


if __name__ == "__main__":
    main()
