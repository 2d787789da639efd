"""Packages that move money through somebody else, and what of them does: data, with what looks like it and is not.

The names are those that the packages document. A call counts where one of its last names is a verb of movement and none says
that it only reads, checks or configures.
"""

from __future__ import annotations

from idem_lint.reach.money_names import MOVEMENTS, is_order, only_reads, words

PACKAGES = frozenset(
    {
        "stripe",  # Stripe
        "Adyen",
        "adyen",
        "paypalrestsdk",
        "paypalcheckoutsdk",
        "paypalpayoutssdk",
        "paypalserversdk",
        "braintree",
        "square",
        "squareup",
        "mollie",
        "gocardless_pro",
        "dwollav2",
        "plaid",
        "razorpay",
        "paystackapi",
        "pypaystack",
        "pypaystack2",
        "paystack",
        "rave_python",
        "flutterwave",
        "mercadopago",
        "starkbank",
        "starkinfra",
        "coinbase",
        "coinbase_commerce",
        "cbpro",
        "ccxt",
        "binance",
        "web3",
        "solana",
        "solders",
        "bitcoinlib",
        "bitcoinrpc",
        "authorizenet",
        "checkout_sdk",
        "iyzipay",
        "mpesa",
        "django_daraja",
        "daraja",
        "portalsdk",
        "pywise",
        "transferwise",
        "increase",
        "modern_treasury",
        "unit",
        "column",
        "lithic",
        "marqeta",
        "circle",
        "xendit",
        "midtransclient",
        "omise",
        "payjp",
        "payu",
        "sslcommerz_lib",
        "klarna",
        "recurly",
        "chargebee",
        "paddle_billing",
        "lemonsqueezy",
        "bolt11",
        "lndgrpc",
        "pylightning",
        "pyln",
        "moneyed_payments",
        "payments",
        "djstripe",
        "openpix",
        "gerencianet",
        "efipay",
        "zeep_payments",
        "africastalking",
        "mpesa_api",
        "paypal",
        "yookassa",
        "cashfree_pg",
        "instamojo_wrapper",
        "liqpay",
        "paytmchecksum",
        "telr",
        "tap_payment",
        "pagarme",
        "mercadopago_sdk",
        "asaas",
        "culqi",
        "conekta",
        "wompi",
        "payos",
        "alipay",
        "wechatpayv3",
        "wechatpy",
        "paymongo",
        "dragonpay",
        "hyperswitch",
        "finix",
        "helcim",
        "moov",
        "trolley",
        "tremendous",
        "tango_card",
        "reloadly",
        "vtpass",
        "lnpay_py",
        "pyln_client",
        "monero",
        "tronpy",
        "xrpl",
        "stellar_sdk",
        "algosdk",
        "pytezos",
        "near_api",
        "bit",
        "eth_account",
        "cdp",
        "coinpayments",
        "btcpay",
        "nowpayments",
        "plisio",
    }
)
EXCHANGES = frozenset(
    {
        "alpaca",
        "alpaca_trade_api",
        "binance",
        "breeze_connect",
        "cbpro",
        "ccxt",
        "coinbase",
        "dhanhq",
        "dydx3",
        "eth_defi",
        "fyers_apiv3",
        "growwapi",
        "hyperliquid",
        "ib_async",
        "ib_insync",
        "ibapi",
        "kiteconnect",
        "kraken",
        "krakenex",
        "kucoin",
        "MetaTrader5",
        "oandapyV20",
        "okx",
        "py_clob_client",
        "pybit",
        "python_bitvavo_api",
        "pyupbit",
        "robin_stocks",
        "schwab",
        "SmartApi",
        "tastytrade",
        "tda",
        "upstox_client",
        "webull",
    }
)
"""Exchanges and brokers, where an order spends."""
_ASKS_BACK = frozenset({"history", "address", "cancel", "info", "limit_info", "test", "webhook"})
_VERBS = frozenset(
    {
        "b2c",
        "b2b",
        "capture",
        "charge",
        "confirm",
        "create",
        "debit",
        "deposit",
        "disburse",
        "execute",
        "initiate",
        "initialize",
        "pay",
        "payout",
        "post",
        "push",
        "process",
        "purchase",
        "refund",
        "reverse",
        "sale",
        "sell",
        "buy",
        "send",
        "settle",
        "submit",
        "swap",
        "topup",
        "transact",
        "transfer",
        "withdraw",
        "place",
    }
)
_THINGS = MOVEMENTS | {
    "order",
    "invoice",
    "subscription",
    "intent",
    "checkout",
    "balance",
    "sale",
    "money",
    "keysend",
    "raw",
    "airtime",
}
_NOT = frozenset(
    {
        "customer",
        "webhook",
        "event",
        "product",
        "price",
        "plan",
        "coupon",
        "session",
        "mandate",
        "verify",
        "construct",
        "validate",
        "estimate",
        "quote",
        "setup",
        "ephemeral",
        "session_token",
        "client_token",
        "token",
        "preview",
        "upcoming",
        "portal",
        "account_link",
        "method",
        "recipient",
        "beneficiary",
    }
)
_BARE_VERBS = _VERBS - {
    "create",
    "post",
    "execute",
    "confirm",
    "process",
    "submit",
    "initialize",
    "initiate",
    "place",
    "send",
    "push",
}
_WHOLE = frozenset(
    {
        "sendtoaddress",
        "sendmany",
        "sendfrom",
        "sendrawtransaction",
        "sendtransaction",
        "sendpayment",
        "sendpaymentsync",
        "sendcoins",
        "keysend",
        "payinvoice",
        "payreq",
        "paybolt11",
        "multifundchannel",
        "openchannel",
        "fundchannel",
        "stkpush",
        "sendmoney",
    }
)
"""Names that are written as one word."""


def is_whole(name: str) -> bool:
    """Whether a name is that of a call which spends, as nodes have them: ``sendtoaddress``, ``open_channel``."""
    return name.replace("_", "") in _WHOLE


def moves_money(dotted: str) -> bool:
    """Whether a call of this dotted name moves money through a provider: ``stripe.PaymentIntent.create``."""
    package, _, rest = dotted.partition(".")
    if (package not in PACKAGES and package not in EXCHANGES) or not rest:
        return False
    parts = [part for name in rest.split(".") for part in words(name)]
    if not _NOT.isdisjoint(parts):
        return False
    name = rest.rpartition(".")[2]
    if is_whole(name):
        return True
    if only_reads(name) or not _ASKS_BACK.isdisjoint(words(name)):
        return False
    if package in EXCHANGES and is_order(name):
        return True
    last = words(name)
    if _VERBS.isdisjoint(last):
        return False
    return not _BARE_VERBS.isdisjoint(last) or not _THINGS.isdisjoint(parts)
