from fastapi import APIRouter

AccountRouter = APIRouter(prefix="/wallet/accounts")


class AccountService:
    @AccountRouter.post("/")
    @staticmethod
    async def create(name: str): return {"name": name}

    @AccountRouter.get("/")
    @staticmethod
    async def read(): return []

    def post(self, entry): return entry
