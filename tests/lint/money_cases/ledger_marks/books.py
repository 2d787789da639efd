from idem_runtime import ledger_write


@ledger_write
def post(account: str, cents: int) -> None:  # writes: direct
    print(account, cents)


class Books:
    @ledger_write
    def transfer(self, source: str, target: str, cents: int) -> None:  # writes: direct
        print(source, target, cents)

    def look_up(self, account: str) -> int:
        return len(account)
