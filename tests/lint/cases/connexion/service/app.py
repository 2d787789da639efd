from connexion import FlaskApp

from wallet.late import install

app = FlaskApp(__name__, specification_dir="spec/")
app.add_api("openapi.yaml")
app.add_api("internal.json", base_path="/internal")
install(app)


@app.route("/wallet/plain", methods=["POST"])
def plain():
    return {}
