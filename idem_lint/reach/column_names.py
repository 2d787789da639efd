"""Which names of columns say money, and which statuses say that it has moved."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.name_words import words

_AMOUNTS = frozenset(
    {
        "amount",
        "total",
        "sum",
        "value",
        "cent",
        "sat",
        "msat",
        "gross",
        "net",
        "debit",
        "credit",
        "balance",
        "principal",
        "price",
        "fee",
        "quantity",
        "money",
        "coin",
        "satoshi",
        "lamport",
        "wei",
        "pence",
        "kobo",
        "paid",
        "cost",
        "due",
        "pay",
        "subtotal",
        "bedrag",
        "belopp",
        "betrag",
        "importe",
        "importo",
        "jumlah",
        "kwota",
        "montant",
        "monto",
        "quantia",
        "summe",
        "tutar",
        "valor",
    }
)
_BALANCES = frozenset({"balance", "bakiye", "fund", "guthaben", "kontostand", "saldo", "solde"})
_UNITS = frozenset(
    {
        "cent",
        "amount",
        "minor",
        "unit",
        "sat",
        "msat",
        "usd",
        "eur",
        "gbp",
        "kobo",
        "value",
        "total",
        "available",
        # Spanish, Portuguese, French, Italian
        "actual",
        "atual",
        "attuale",
        "disponibile",
        "disponible",
        "disponivel",
        "pendente",
        "pendiente",
        "restante",
    }
)
"""What may stand behind the word for a balance, so that it is still one: ``balance_cents``."""
_BOUNDS = frozenset(
    {
        "min",
        "minimum",
        "max",
        "maximum",
        "low",
        "limit",
        "allow",
        "negative",
        "normal",
        "show",
        "hide",
        "trial",
    }
)
"""What stands before the word for a balance where a column is a rule about it: ``minimum_balance``."""
_HELD = frozenset(
    {"account", "available", "current", "held", "locked", "remaining", "saved", "total", "wallet"}
)
"""What may stand before ``amount`` in the column of something that holds money."""
_CREDITS = frozenset({"credit", "coin", "point", "satoshi", "sat", "msat"})
PAID_ELSEWHERE = frozenset(
    {
        "betaald",
        "betalt",
        "bezahlt",
        "erstattet",
        "luna",
        "odendi",
        "oplacone",
        "pagada",
        "pagado",
        "pagato",
        "paye",
        "reembolsado",
        "rembourse",
        "rimborsato",
        "zaplacone",
    }
)
"""That money was paid, or given back, in languages other than English."""
_SETTLED = frozenset(
    {
        "paid",
        "settled",
        "posted",
        "refunded",
        "captured",
        "completed",
        "succeeded",
        "success",
        "disbursed",
        "charged",
        "redeemed",
        "withdrawn",
        "transferred",
        "released",
        "complete",
        "funded",
        "payed",
        "repaid",
        "encaisse",
        "gebucht",
    }
    | PAID_ELSEWHERE
)
_DONE = _SETTLED | {
    "approved",
    "cleared",
    "collected",
    "confirmed",
    "credited",
    "debited",
    "executed",
    "processed",
    "received",
    "reversed",
    "successful",
    "validated",
}
"""What a status says of a movement that is done; of an order it may say less."""
_STATUS = frozenset(
    {
        "status",
        "state",
        "paid",
        "settled",
        "refunded",
        "captured",
        "posted",
        "estado",
        "etat",
        "situacao",
        "stato",
        "statut",
    }
)


@cache
def is_amount(column: str) -> bool:
    """Whether a column of this name may be an amount of money."""
    return not _AMOUNTS.isdisjoint(words(column))


@cache
def is_balance(column: str) -> bool:
    """Whether a column of this name is what somebody has."""
    parts = words(column)
    at = next((place for place, part in enumerate(parts) if part in _BALANCES), None)
    if at is None or not _UNITS.issuperset(parts[at + 1 :]) or not _BOUNDS.isdisjoint(parts[:at]):
        return False
    return parts[at] != "fund" or _HELD.issuperset(parts[:at])  # ``open_fund`` is a rate


_OPENING = frozenset({"face", "initial", "opening", "original", "starting"})
_OPENED = frozenset({"amount", "balance", "credit", "value"})


@cache
def is_opening(column: str) -> bool:
    """Whether a column of this name says how much there was at first: ``original_amount``, ``face_value``."""
    parts = words(column)
    return len(parts) == 2 and parts[0] in _OPENING and parts[1] in _OPENED


@cache
def is_credit(column: str) -> bool:
    """Whether a column of this name is what somebody has, if the record holds money."""
    parts = words(column)
    is_held = parts[-1:] in {("amount",), ("debit",)} and _HELD.issuperset(parts[:-1])
    return bool(parts) and (is_balance(column) or parts[-1] in _CREDITS or is_held)


_RUNNING = frozenset(
    {
        "cash",
        "collected",
        "contributed",
        "debt",
        "deposit",
        "deposited",
        "disbursed",
        "donated",
        "due",
        "earned",
        "earning",
        "invested",
        "money",
        "outstanding",
        "owed",
        "paid",
        "pledged",
        "raised",
        "refunded",
        "repaid",
        "saved",
        "saving",
        "wallet",
        "withdrawn",
    }
)
"""What says, in the name of a column, how much there is by now."""
_NOW = frozenset({"available", "current", "left", "locked", "pending", "received", "remaining", "reserved"})
"""What says so together with a word for an amount or for credits."""
_RAW = frozenset({"amount", "cent", "principal", "sum"})
_NO_AMOUNT = frozenset(
    {
        "at",
        "by",
        "count",
        "course",
        "date",
        "day",
        "flag",
        "has",
        "hour",
        "id",
        "item",
        "leave",
        "minute",
        "month",
        "number",
        "on",
        "percent",
        "quantity",
        "rate",
        "second",
        "time",
        "until",
        "week",
        "year",
    }
)


@cache
def is_running(column: str) -> bool:
    """Whether a column of this name says how much money there is by now, if something is added to it."""
    parts = set(words(column))
    if not parts.isdisjoint(_NO_AMOUNT):
        return False
    has_amount = not parts.isdisjoint(_RAW) or counts_credits(column)
    return (
        not parts.isdisjoint(_RUNNING)
        or words(column)[-1:] == ("credit",)
        or (has_amount and not parts.isdisjoint(_NOW))
    )


@cache
def counts_credits(column: str) -> bool:
    """Whether a column of this name counts what can be spent piece by piece: ``credits_left``."""
    return not {"credit", "coin"}.isdisjoint(words(column))


@cache
def is_purse(column: str) -> bool:
    """Whether a column of this name is what somebody has, and nothing else: ``cash``, ``money``, ``coins``."""
    parts = words(column)
    return len(parts) == 1 and parts[0] in {"cash", "money", "coin", "credit"}


_COUNTS = frozenset({"balance", "count", "number", "quantity", "total", "unit", "value"})
_FORMER = frozenset({"former", "initial", "last", "old", "original", "prev", "previous"})
"""What stands before the name of a column that remembers another one."""


@cache
def is_status(column: str) -> bool:
    """Whether a column of this name says how far a movement is."""
    parts = words(column)
    says_how_much = not (_RAW | _COUNTS).isdisjoint(parts)  # ``amount_paid``, ``quantity_received``
    is_former = bool(parts) and parts[0] in _FORMER  # ``_last_state``
    return (
        bool(parts) and not says_how_much and not is_former and (parts[-1] in _STATUS or parts[-1] in _DONE)
    )


_TIMES = frozenset({"at", "date", "on", "time"})


@cache
def is_time_of_end(column: str) -> bool:
    """Whether a column of this name says when a movement came to its end: ``paid_at``, ``refunded_on``."""
    parts = words(column)
    return len(parts) == 2 and parts[0] in _SETTLED and parts[1] in _TIMES


@cache
def is_settled(value: str) -> bool:
    """Whether a status of this name says that money has moved."""
    return not _SETTLED.isdisjoint(words(value)) and not {"un", "not", "in"} & set(words(value))


@cache
def is_done(value: str) -> bool:
    """Whether a status of this name says that a movement is done."""
    return not _DONE.isdisjoint(words(value)) and not {"un", "not", "in"} & set(words(value))
