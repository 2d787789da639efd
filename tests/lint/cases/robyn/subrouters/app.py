from robyn import Robyn

from wallet.routes import wallet

app = Robyn(__file__)
app.include_router(wallet)
