"""Flask-SQLAlchemy's ``db.session``, with an application factory: nothing of the data layer changes."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, abort, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import exc, func, select, text

from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.startup.lending_values import lends
from tests.runtime import orm
from tests.runtime.adapters.asking import tenant
from tests.runtime.adapters.contract import records
from tests.runtime.sqlalchemy.bank import HEADERS, Database, amounts, failing_seal

ONE: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2}
PATTERNS: dict[str, Callable[[Any, Any], None]] = {}


def pattern(function: Any) -> Any:
    PATTERNS[function.__name__] = function
    return function


@pattern
def one_commit(db: Any, entry: Any) -> None:
    db.session.add(entry(amount=1))
    db.session.commit()


@pattern
def several_commits(db: Any, entry: Any) -> None:
    for amount in range(1, 4):
        db.session.add(entry(amount=amount))
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(entry)) > 0


@pattern
def remove_inside(db: Any, entry: Any) -> None:
    db.session.add(entry(amount=1))
    db.session.commit()
    db.session.add(entry(amount=2))
    db.session.flush()
    db.session.remove()
    db.session.add(entry(amount=3))
    db.session.commit()


@pattern
def nested_undone(db: Any, entry: Any) -> None:
    db.session.add(entry(amount=1))
    with contextlib.suppress(ValueError), db.session.begin_nested():
        db.session.add(entry(amount=2))
        db.session.flush()
        raise ValueError
    db.session.commit()


@pattern
def violation_then_go_on(db: Any, entry: Any) -> None:
    db.session.add(entry(id=1000, amount=1))
    db.session.commit()
    db.session.add(entry(id=1000, amount=2))
    with contextlib.suppress(exc.IntegrityError):
        db.session.commit()
    db.session.rollback()
    db.session.add(entry(amount=3))
    db.session.commit()


@pattern
def core(db: Any, entry: Any) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO ledger (amount) VALUES (1)"))


class Service:
    """An application factory and what it makes: the extensions are module-level objects in a real one."""

    def __init__(self) -> None:
        self.db = SQLAlchemy()

        class Entry(self.db.Model):  # type: ignore[name-defined, misc]
            __tablename__ = "ledger"
            id = self.db.Column(self.db.Integer, primary_key=True)
            who = self.db.Column(self.db.Text)
            amount = self.db.Column(self.db.Integer)

        self.entry: Any = Entry
        self.idem = Idempotency(principal=tenant)
        self.told: list[str] = []

    def create_app(
        self, dsn: str, does: Any, *, joined: bool = True, binds: Any = None, **options: Any
    ) -> Flask:
        app, db, entry = Flask("bank"), self.db, self.entry
        app.config["SQLALCHEMY_DATABASE_URI"] = orm.url(dsn)
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {**ONE, **options}
        if binds:
            app.config["SQLALCHEMY_BINDS"] = binds
        db.init_app(app)
        if joined:
            with app.app_context():
                self.idem.join(db.engine)
            self.idem.init_app(app)

        @app.before_request
        def authenticated() -> None:
            g.entries = db.session.scalar(select(func.count()).select_from(entry))

        @app.post("/t")
        @(money_moving if joined else lambda function: function)
        def transfer() -> Any:
            does(db, entry)
            return {"done": "yes"}, 201

        return app


@contextlib.contextmanager
def ended(app: Flask, service: Service) -> Iterator[Flask]:
    yield app
    service.idem.close()
    with app.app_context():
        for engine in service.db.engines.values():
            assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
            engine.dispose()


def post(app: Flask) -> Any:
    return app.test_client().post("/t", headers=HEADERS, json={"amount": 5})


@pytest.mark.parametrize("name", PATTERNS)
def test_a_view_keeps_what_it_keeps_bare_on_one_connection_and_nothing_without_its_record(
    dsn: str, db: Database, name: str
) -> None:
    service = Service()
    with ended(service.create_app(dsn, PATTERNS[name], joined=False, pool_size=3), service) as app:
        assert post(app).status_code == 201
    expected = amounts(db)
    db.execute("TRUNCATE ledger RESTART IDENTITY")

    with ended(service.create_app(dsn, PATTERNS[name]), service) as app:
        with failing_seal(db):
            assert post(app).status_code == 500
        assert amounts(db) == []
        first, again = post(app), post(app)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert (amounts(db), records(db)) == (expected, 1)


def test_what_is_aborted_is_undone_and_recorded(dsn: str, db: Database) -> None:
    def refuses(extension: Any, entry: Any) -> None:
        extension.session.add(entry(amount=1))
        extension.session.commit()
        abort(409)

    service = Service()
    with ended(service.create_app(dsn, refuses), service) as app:
        assert [post(app).status_code for _ in range(2)] == [409, 409]
    assert (amounts(db), records(db)) == ([], 1)


def test_the_session_begins_anew_when_the_view_runs_again(dsn: str, db: Database) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1000, 1)")
    runs: list[int] = []

    def bumps(extension: Any, entry: Any) -> None:
        row = extension.session.get(entry, 1000)
        runs.append(row.amount)
        if len(runs) == 1:
            db.execute("UPDATE ledger SET amount = 5 WHERE id = 1000")
        row.amount += 1
        extension.session.commit()

    service = Service()
    with ended(service.create_app(dsn, bumps, isolation_level="SERIALIZABLE"), service) as app:
        assert post(app).status_code == 201
    assert (runs, amounts(db)) == ([1, 5], [6])


def test_a_second_application_of_the_factory_takes_the_place_of_the_first(dsn: str, db: Database) -> None:
    service = Service()
    with (
        ended(service.create_app(dsn, one_commit), service) as first,
        ended(service.create_app(dsn, one_commit), service) as second,
    ):
        assert post(second).status_code == 201
        assert post(first).status_code == 500, "it is said, and nothing is written"
    assert (amounts(db), records(db)) == ([1], 1)


def test_a_factory_that_joins_nothing_is_refused(dsn: str) -> None:
    service = Service()
    with pytest.raises(ConfigurationError, match=r"idem\.join\(engine\)"):
        service.idem.init_app(service.create_app(dsn, one_commit, joined=False))


def test_an_extension_shows_a_way_to_our_transaction_once_its_engine_is_joined(dsn: str) -> None:
    service = Service()
    assert not lends(service.db), "it has no application yet"
    with ended(service.create_app(dsn, one_commit, joined=False), service) as app:
        assert not lends(service.db)
        with app.app_context():
            service.idem.join(service.db.engine)
        assert lends(service.db)
        assert lends(service.db.session)


def test_another_bind_is_told_to_commit_by_itself(
    dsn: str, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def both(extension: Any, entry: Any) -> None:
        extension.session.add(entry(amount=1))
        extension.session.flush()
        extension.session.execute(text("SELECT 1"), bind_arguments={"bind": extension.engines["reports"]})
        extension.session.commit()

    service = Service()
    with (
        ended(service.create_app(dsn, both, binds={"reports": orm.url(dsn)}), service) as app,
        caplog.at_level(logging.WARNING, "idem_runtime"),
    ):
        assert post(app).status_code == 201
    assert "has not joined" in caplog.text
