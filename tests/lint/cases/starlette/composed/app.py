from wallet.web import application as app
from wallet import routes

assert routes
