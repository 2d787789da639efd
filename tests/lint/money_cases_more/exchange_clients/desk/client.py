import httpx


class Client:
    def __init__(self, base):
        self.base = base

    def _request(self, verb, path, body=None):
        return httpx.request(verb, self.base + path, json=body)

    def _post(self, path, body):
        return httpx.post(self.base + path, json=body)

    def _call(self, method, *params):
        return self._post("", {"method": method, "params": params})

    def transfer(self, body):
        return self._request("POST", "/transfers", body)  # writes: proxy

    def transfers(self):
        return self._request("GET", "/transfers")

    def pay_out(self, body):
        return self._post("payouts/bulk", body)  # writes: proxy

    def quote(self, body):
        return self._post("payouts/quote", body)

    def spend(self, address, amount):
        return self._call("sendtoaddress", address, amount)  # writes: external

    def height(self):
        return self._call("getblockcount")

    def market_order(self, body):
        return self._post("/equity/orders/market", body)  # writes: proxy

    def cancel(self, body):
        return self._post("/equity/orders/cancel", body)

    def goods(self, body):
        return self._post("/orders", body)
