from fastapi import APIRouter

api = APIRouter(prefix="/d")
