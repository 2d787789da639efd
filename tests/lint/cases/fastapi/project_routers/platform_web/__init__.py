"""The bank's own web layer: everybody imports FastAPI's names from here."""

from fastapi import Depends

from .applications import FastAPI
from .routing import APIRouter

__all__ = ["APIRouter", "Depends", "FastAPI"]
