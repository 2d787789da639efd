from bank.tables import db, transfers


def transfer(source, target, amount):
    db.session.execute(transfers.insert().values(source=source, target=target, amount=amount))  # writes: direct
    db.session.commit()


def settle(key):
    db.session.execute(transfers.update().where(transfers.c.id == key).values(status="settled"))  # writes: direct
    db.session.commit()
