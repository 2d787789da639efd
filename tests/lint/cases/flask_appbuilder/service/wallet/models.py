from flask_appbuilder import Model
from sqlalchemy import Column, Integer


class Transfer(Model):
    __tablename__ = "wallet_transfers"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
