from __future__ import annotations

from typing import Any


class Rail:
    def post(self, path: str, json: dict[str, Any]) -> dict[str, Any]:
        return {"path": path, **json}

    def get(self, path: str) -> dict[str, Any]:
        return {"path": path}


rail = Rail()
rail.post("/warm-up", json={})
