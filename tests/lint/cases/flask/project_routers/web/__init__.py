from .application import Application
from .events import EventBus
from .routing import Blueprint, Endpoints, Rpc

__all__ = ["Application", "Blueprint", "Endpoints", "EventBus", "Rpc"]
