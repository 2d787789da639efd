from fastapi import FastAPI

from wallet import controllers, crud, routable

app = FastAPI()
app.include_router(controllers.WalletController().router)
app.include_router(controllers.SavingsController(prefix="/savings").router)
app.include_router(routable.Transfers(fee=2).router)
app.include_router(crud.AccountRouter)
