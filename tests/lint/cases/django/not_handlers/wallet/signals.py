from __future__ import annotations

from django.core.signals import request_started
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(request_started)
def note_request(sender: object, **kwargs: object) -> None:
    pass


def on_login(sender: object, request: HttpRequest, user: object, **kwargs: object) -> None:
    request.session["method"] = request.method == "POST"
