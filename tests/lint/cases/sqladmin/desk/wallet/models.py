from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Transfer(Base):
    __tablename__ = "transfers"
    id = Column(Integer, primary_key=True)


class Payout(Base):
    __tablename__ = "payouts"
    id = Column(Integer, primary_key=True)
