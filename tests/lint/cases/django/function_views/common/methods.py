from __future__ import annotations

WRITE_METHODS = ("POST", "PUT")
READ_METHODS = ["GET", "HEAD"]
