"""Wallets on FastAPI and SQLModel: a get_db of its own, repositories that commit, Alembic.

adopting.diff is all that it took to protect its transfers.
"""
