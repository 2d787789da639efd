from typing import Any

from fastapi import FastAPI


def install(service: FastAPI) -> None:
    @service.post("/wallet/interest")
    async def accrue_interest():
        return {}

    @service.get("/wallet/interest")
    async def interest():
        return {}

    def charge():
        return {}

    service.post("/wallet/charge")(charge)


def install_reports(a: Any, *, base: str) -> None:
    @a.post(base + "/daily")
    async def daily():
        return {}

    @a.post(f"{base}/monthly")
    async def monthly():
        return {}
