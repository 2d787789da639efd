"""What the address of another service says: a path, a topic or the name of a setting asks for money to move, for an order to
be placed, or says that it only reads, prepares or configures.

The words are those that payment providers, exchanges and their like document for their HTTP APIs. A path is read from its
version on (``/pay/v1/orders/{id}/capture``: the ``pay`` names the API), and words that are written together are taken apart
(``paymentrequest``, ``fundtransfer``).
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from idem_lint.reach.action_names import is_verb_of_movement, speaks_of_moving
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import says_money
from idem_lint.reach.providers import is_whole

_READS = frozenset(
    [
        "auth",
        "check",
        "detail",
        "download",
        "enquiry",
        "enquire",
        "estimate",
        "export",
        "fetch",
        "find",
        "get",
        "history",
        "info",
        "inquiry",
        "list",
        "login",
        "lookup",
        "oauth",
        "otp",
        "preview",
        "price",
        "qr",
        "qrcode",
        "query",
        "quote",
        "read",
        "report",
        "retrieve",
        "search",
        "sign",
        "signature",
        "simulate",
        "statement",
        "status",
        "summary",
        "test",
        "validate",
        "validation",
        "verification",
        "verify",
        "webhook",
    ]
)
"""Words in a path that only asks, logs in or prepares."""
_THINGS = frozenset(
    [
        "account",
        "address",
        "beneficiary",
        "checkout",
        "customer",
        "event",
        "fee",
        "intent_token",
        "invoice",
        "key",
        "link",
        "mandate",
        "method",
        "metadata",
        "name",
        "notification",
        "notify",
        "plan",
        "page",
        "price",
        "product",
        "qr",
        "rate",
        "receipt",
        "recipient",
        "remind",
        "reminder",
        "request_link",
        "schedule",
        "session",
        "setting",
        "template",
        "token",
        "upload",
        "url",
        "webhook",
    ]
)
"""What a path ends in that makes or changes a thing, and moves nothing: ``/payment_methods``, ``/payments/links``."""
_UNDONE = frozenset({"invoice", "link", "mandate", "order", "payout", "plan", "subscription", "transfer"})
"""What is cancelled before money has moved."""
_CANCELS = frozenset(
    {"cancel", "cancellation", "delete", "disable", "expire", "pause", "reject", "deny", "decline"}
)
_VERBS = frozenset(
    {
        "airtime",
        "authorize",
        "authorise",
        "buy",
        "capture",
        "cashout",
        "disburse",
        "payout",
        "purchase",
        "recharge",
        "remit",
        "repay",
        "reverse",
        "sell",
        "sendmoney",
        "swap",
        "unstake",
        "vend",
        "void",
        "withdraw",
    }
)
"""Further verbs of movement that a path may end in."""
_WHOLE_SEGMENTS = frozenset({"b2b", "b2c", "b2pochi", "sendmoney", "standingorder", "standingorders"})
_GENERIC = frozenset(
    {
        "create",
        "execute",
        "initiate",
        "make",
        "new",
        "process",
        "request",
        "send",
        "start",
        "submit",
        "direct",
    }
)
_PARTS = frozenset(
    [
        "account",
        "bank",
        "bill",
        "bulk",
        "card",
        "cash",
        "cashout",
        "charge",
        "checkout",
        "credit",
        "debit",
        "deposit",
        "disburse",
        "disbursement",
        "donation",
        "execute",
        "express",
        "fund",
        "instant",
        "intent",
        "invoice",
        "link",
        "local",
        "make",
        "merchant",
        "method",
        "mobile",
        "money",
        "order",
        "page",
        "pay",
        "payment",
        "payout",
        "post",
        "process",
        "push",
        "purchase",
        "qr",
        "query",
        "refund",
        "remit",
        "request",
        "reversal",
        "reverse",
        "send",
        "session",
        "single",
        "status",
        "stk",
        "tax",
        "to",
        "transaction",
        "transfer",
        "up",
        "wallet",
        "withdraw",
        "withdrawal",
    ]
)
"""Words that are written together in paths."""
_VERSION = re.compile(r"v\d+(\.\d+)*", re.ASCII)
_HOST = re.compile(r"^\w+://[^/]*")
_BASES = frozenset(
    {"api", "base", "endpoint", "host", "path", "root", "route", "server", "service", "uri", "url"}
)


@cache
def path_words(path: str) -> tuple[str, ...]:
    """The words of a path, in lower case and singular, with those taken apart that are written together."""
    return tuple(part for word in words(path) for part in _apart(word))


@cache
def reads(path: str) -> bool:
    """Whether a path says that it only asks, logs in, prepares or configures."""
    parts = path_words(_after_version(path))
    if not parts:
        return False
    if not _READS.isdisjoint(parts) or parts[-1] in _THINGS or "initialize" in parts:
        return True
    return not _CANCELS.isdisjoint(parts) and not _UNDONE.isdisjoint(path_words(path))


@cache
def asks_money(path: str) -> bool:
    """Whether a path is about money that moves, or about what others owe."""
    if reads(path):
        return False
    rest = _after_version(path)
    parts = path_words(rest)
    return (
        _is_said(path_words(path))
        or says_money(rest)
        or speaks_of_moving(" ".join(parts))
        or "expense" in parts
        or any(map(is_whole, path.split("/")))
        or any(is_whole(one + two) for one, two in pairwise(parts))
        or not _WHOLE_SEGMENTS.isdisjoint(path.lower().split("/"))
        or not _VERBS.isdisjoint(parts)
        or (bool(parts) and is_verb_of_movement(parts[-1]))
    )


@cache
def asks_order(path: str) -> bool:
    """Whether a path places an order, which spends where something is traded."""
    parts = path_words(_after_version(path))
    return ("order" in parts or parts[-1:] == ("trade",)) and not reads(path)


@cache
def asks_subscription(path: str) -> bool:
    """Whether a path starts a subscription, which charges from now on where somebody bills."""
    if path.rstrip("/").endswith("}"):
        return False
    parts = [part for part in path_words(_after_version(path)) if part not in _GENERIC]
    return parts[-1:] == ["subscription"] and {
        "webhook",
        "event",
        "topic",
        "push",
        "mail",
        "news",
    }.isdisjoint(parts)


@cache
def named_address(name: str) -> str:
    """What the name of a setting says as a path: ``PAYOUT_URL`` is ``payout``; empty where it is no address's, or of a whole
    service.
    """
    parts = words(name)
    kept = [part for part in parts if part not in _BASES]
    if len(kept) == len(parts) or not {"base", "host", "root", "server", "service"}.isdisjoint(parts):
        return ""
    return "/".join(kept)


@cache
def names_money_service(name: str) -> bool:
    """Whether the name of a setting is that of a service that has to do with money: ``PAYMENTS_SERVICE_URL``."""
    parts = words(name)
    return (
        says_money(name)
        and not _BASES.isdisjoint(parts)
        and {"callback", "token", "webhook"}.isdisjoint(parts)
    )


def _is_said(parts: tuple[str, ...]) -> bool:
    return says_money(" ".join(parts))


def _after_version(path: str) -> str:
    """The part of a path behind its version, where there is one that says something."""
    segments = _HOST.sub("", path).partition("?")[0].split("/")
    at = max((number for number, segment in enumerate(segments) if _VERSION.fullmatch(segment)), default=-1)
    rest = [segment for segment in segments[at + 1 :] if segment and not segment.startswith("{")]
    return "/".join(segments[at + 1 :]) if rest else "/".join(segments)


@cache
def _apart(word: str) -> tuple[str, ...]:
    if word in _PARTS or len(word) < 6:
        return (word,)
    for at in range(2, len(word) - 1):
        if word[:at] in _PARTS and word[at:] in _PARTS:
            return word[:at], word[at:]
        if word[:at] in _PARTS:
            rest = _apart(word[at:])
            if len(rest) > 1:
                return word[:at], *rest
    return (word,)


__all__ = [
    "asks_money",
    "asks_order",
    "asks_subscription",
    "named_address",
    "names_money_service",
    "path_words",
    "reads",
]
