from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle


class MayPay(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        return request.method in SAFE_METHODS or request.method == "POST"


class PayThrottle(UserRateThrottle):
    def allow_request(self, request: Request, view: object) -> bool:
        return request.method != "POST" or super().allow_request(request, view)
