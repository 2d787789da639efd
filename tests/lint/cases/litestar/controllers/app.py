from litestar import Litestar, Router

from wallet.controllers import InstantTransfers, LoanController, SavingsController, WalletController

app = Litestar(
    route_handlers=[
        WalletController,
        InstantTransfers,
        SavingsController,
        Router("/lending", route_handlers=[LoanController]),
    ]
)
