from wallet.functions import balance, closed, on_settled, pay, pay_out, refund

__all__ = ["balance", "closed", "on_settled", "pay", "pay_out", "refund"]
