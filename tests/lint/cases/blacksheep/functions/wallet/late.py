from idem_runtime import money_moving


def register(application):
    @application.router.post("/wallet/late")
    async def late(): return {}

    @application.router.post("/wallet/late/marked")
    @money_moving
    async def late_marked(): return {}
