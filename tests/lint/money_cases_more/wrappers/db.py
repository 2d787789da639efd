import asyncpg
import httpx


class Database:
    """A thin layer of the project's own, as many services have one."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def insert(self, table: str, row: dict) -> None:
        columns = ", ".join(row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        connection = await asyncpg.connect(self.url)
        await connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())

    async def update(self, table: str, values: dict, where: str) -> None:
        changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 1))
        connection = await asyncpg.connect(self.url)
        await connection.execute(f"UPDATE {table} SET {changes} {where}", *values.values())


class Api:
    base = "https://books.example/api"

    async def request(self, method: str, path: str, body: dict | None = None) -> dict:
        async with httpx.AsyncClient() as client:
            return (await client.request(method, self.base + path, json=body)).json()


db = Database("postgresql://localhost/wallets")
api = Api()
