"""Starlette and FastAPI."""
