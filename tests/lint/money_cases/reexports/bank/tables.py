from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
transfers = db.Table(
    "transfers",
    db.Column("id", db.Integer, primary_key=True),
    db.Column("source", db.Integer),
    db.Column("target", db.Integer),
    db.Column("amount", db.Numeric),
    db.Column("status", db.String),
)
