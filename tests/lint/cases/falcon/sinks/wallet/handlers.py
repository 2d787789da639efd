from idem_runtime import money_moving


async def proxy(req, resp, **kwargs): resp.media = {}


class Gateway:
    @money_moving
    async def forward(self, req, resp, **kwargs): resp.media = {}


class AsyncWallet:
    async def on_get(self, req, resp): resp.media = {}

    async def on_post(self, req, resp): resp.media = {}


async def missing(req, resp, error, params): resp.status = 404


class Fallback:
    """Answers every method, because the router's options say so."""

    async def on_request(self, req, resp): resp.media = {}


class PartlyFallback:
    async def on_request(self, req, resp): resp.media = {}

    async def on_post(self, req, resp): resp.media = {}
