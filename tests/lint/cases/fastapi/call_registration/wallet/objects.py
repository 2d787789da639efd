class Service:
    async def transfer(self): return {}

    async def payout(self): return {}

    async def statement(self): return {}

    @classmethod
    async def audit(cls): return {}

    @staticmethod
    async def check(): return {}


class Callable:
    async def __call__(self, amount: int): return {"amount": amount}


service = Service()
