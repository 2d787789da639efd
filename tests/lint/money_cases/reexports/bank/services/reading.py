from bank.tables import db, transfers


def history(source):
    return db.session.execute(transfers.select().where(transfers.c.source == source)).all()
