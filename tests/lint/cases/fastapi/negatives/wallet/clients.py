import httpx

BASE = "https://ledger.bank.example"


class LedgerClient:
    def __init__(self) -> None:
        self.session = httpx.Client(base_url=BASE)

    def post(self, path: str, json: dict): return self.session.post(path, json=json)

    def transfer(self, amount: int): return self.post("/wallet/transfers", {"amount": amount})


class Api:
    """A declarative client in the style of uplink: the decorator names what is called, not what is served."""

    @staticmethod
    def post(path: str):
        def decorate(fn):
            def call(body): return httpx.post(BASE + path, json=body)

            return call

        return decorate


@Api.post("/wallet/remote")
def remote_transfer(body): ...


def post(path: str, body: dict): return {"path": path, **body}


def forward(body: dict): return post("/wallet/transfers", body)


async def push(client: httpx.AsyncClient): return await client.post("/wallet", json={})
