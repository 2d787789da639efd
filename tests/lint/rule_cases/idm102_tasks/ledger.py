from idem_runtime import ledger_write


@ledger_write
def book(account, amount): ...
