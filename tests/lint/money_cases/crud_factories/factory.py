from fastapi import APIRouter, Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session


def session():
    with Session(create_engine("postgresql+psycopg://localhost/shop")) as opened:
        yield opened


def crud_router(model: type[DeclarativeBase], prefix: str, *, read_only: bool = False) -> APIRouter:
    router = APIRouter(prefix=prefix)

    @router.get("")
    def read(session: Session = Depends(session)):
        return session.query(model).all()

    if not read_only:

        # moves: likely  kind: direct  chain: crud_router.create  only: /payments, /refunds  why: one closure, five routes
        @router.post("")
        def create(values: dict, session: Session = Depends(session)):
            row = model(**values)
            session.add(row)  # writes: direct
            session.commit()
            return row

    return router
