class Service:
    def __init__(self, app): self.app = app

    def setup(self):
        @self.app.post("/wallet/on-self")
        async def on_self(request): return None

        server = self.app

        @server.get("/wallet/on-self")
        async def on_self_get(request): return None
