"""What Powertools calls for a handler is part of its transaction; the annotations here are values, as it needs them."""

from typing import Annotated, Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Depends

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, ask, ask_async, idempotency
from tests.runtime.adapters.powertools.bank import amount_of

Database = psycopg.Connection[Any]


@pytest.mark.parametrize("way", [ask, ask_async], ids=["sync", "async"])
@pytest.mark.parametrize("validated", [True, False])
def test_a_dependency_and_the_handler_share_one_transaction(
    dsn: str, db: Database, way: Any, validated: bool
) -> None:
    with idempotency(dsn) as idem:
        app = APIGatewayRestResolver(enable_validation=validated)
        idem.install(app)

        def audited(db: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
            db.execute(INSERT, (1,))
            return db

        @app.post("/t")
        @money_moving
        def t(db: Annotated[Any, Depends(audited)]):
            db.execute(INSERT, (amount_of(app),))
            return {"paid": 5}

        first, again = way(app, "/t"), way(app, "/t")
    assert (first.json(), again.headers["idempotent-replayed"]) == ({"paid": 5}, "true")
    assert sorted(ledger(db)) == [1, 5], "what the dependency wrote for the replay is undone"


def test_a_dependency_that_fails_is_told_as_powertools_tells_it_and_nothing_is_kept(
    dsn: str, db: Database
) -> None:
    with idempotency(dsn) as idem:
        app = APIGatewayRestResolver()
        idem.install(app)

        def refusing() -> Any:
            idem.sync_connection().execute(INSERT, (1,))
            raise KeyError("no such account")

        @app.exception_handler(KeyError)
        def unknown(_: KeyError) -> Any:
            return app._to_response(({"unknown": True}, 404))

        @app.post("/t")
        @money_moving
        def t(account: Annotated[Any, Depends(refusing)], db: Any = idem.lent):
            return {}

        assert ask(app, "/t").status_code == 404
    assert (ledger(db), records(db)) == ([], 0)


def test_a_dependency_shows_where_the_connection_comes_from_and_one_in_its_place_does_not() -> None:
    idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda event: "alice")

    def own() -> Any:
        return None

    def app_with(overrides: dict[Any, Any]) -> APIGatewayRestResolver:
        app = APIGatewayRestResolver()
        app.dependency_overrides = overrides

        @app.post("/t")
        @money_moving
        def t(db: Annotated[Any, Depends(idem.sync_connection)]):
            return {}

        return app

    idem.install(app_with({}))
    with pytest.raises(ConfigurationError, match="does not show where it gets its transaction"):
        idem.install(app_with({idem.sync_connection: own}))
