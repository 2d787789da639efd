from __future__ import annotations


class Desk:
    def __init__(self, branch: str) -> None:
        self.branch = branch

    def pay_out(self, request) -> dict[str, str]:
        return {"branch": self.branch}

    def pay_in(self, request) -> dict[str, str]:
        """Registered nowhere."""
        return {"branch": self.branch}
