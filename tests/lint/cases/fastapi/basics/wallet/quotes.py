from fastapi import APIRouter

reads = APIRouter()


@reads.get("/balance")
def balance(account: str):
    return {"account": account, "balance": 0}


@reads.post("/quotes/search")
def search(filters: dict):
    return []


def post(path: str):
    """A helper of the quotes service; its name is a verb by accident."""
    return path.strip("/")


@reads.get("/quotes/{ref}")
def quote(ref: str):
    return {"ref": post(ref)}
