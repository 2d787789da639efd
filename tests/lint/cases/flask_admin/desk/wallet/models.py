from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Transfer(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Payout(db.Model):
    id = db.Column(db.Integer, primary_key=True)
