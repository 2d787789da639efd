from core.views import BaseView as ApiView
from core.views import CommandView, MethodTable, Postable, TimingMixin

__all__ = ["ApiView", "CommandView", "MethodTable", "Postable", "TimingMixin"]
