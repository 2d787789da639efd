from __future__ import annotations

WRITES = ["POST", "PUT"]
