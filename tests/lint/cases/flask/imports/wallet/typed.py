from __future__ import annotations

from typing import TYPE_CHECKING

from .holder import HOLDER

if TYPE_CHECKING:
    from flask import Blueprint

section: Blueprint = HOLDER.section


@section.post("/typed")
def typed():
    return {}


def attach(blueprint: Blueprint) -> None:
    @blueprint.route("/attached", methods=["POST"])
    def attached():
        return {}


attach(section)
