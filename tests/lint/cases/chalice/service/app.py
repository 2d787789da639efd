from chalice import Chalice, CORSConfig, Rate

from chalicelib.wallet import late
from chalicelib.wallet.cards import cards
from chalicelib.wallet.transfers import transfers
from idem_runtime import money_moving

app = Chalice(app_name="wallet")
app.register_blueprint(transfers, url_prefix="/wallet")
app.register_blueprint(cards, name_prefix="cards_")
late.install(app)


@app.route("/")
def index():
    return {}


@app.route("/wallet/payouts", methods=["POST"], cors=CORSConfig(allow_origin="https://bank.example"))
@money_moving
def pay_out():
    return app.current_request.json_body


@app.schedule(Rate(5, unit=Rate.MINUTES))
def settle_every_five_minutes(event):
    return None


@app.on_sqs_message(queue="payouts", batch_size=1)
def on_payout(event):
    return None


@app.lambda_function()
def post(event, context):
    return {}


@app.authorizer()
def authorise(request):
    return None
