from __future__ import annotations

from django import template
from django.http import HttpRequest

register = template.Library()


@register.simple_tag(takes_context=True)
def posted_amount(context: dict[str, object]) -> str:
    request = context["request"]
    return request.POST.get("amount", "") if isinstance(request, HttpRequest) else ""


@register.filter
def euros(value: int) -> str:
    return f"{value / 100:.2f}"
