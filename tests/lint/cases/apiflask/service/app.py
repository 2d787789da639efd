from apiflask import APIFlask

from wallet import late
from wallet.views import bp

app = APIFlask(__name__, title="wallet", version="1.0")
app.register_blueprint(bp)
late.install(app)


@app.get("/")
def index():
    return {}
