"""One handler; all else only looks like one."""

from flask import Flask

from wallet import commands, rails, specs, stubs  # noqa: F401
from wallet.messages import messages

app = Flask(__name__)
app.cli.add_command(commands.post)
messages.deliver("settled", {})


@app.post("/wallet/transfers")
def transfer():
    return rails.Rail("https://rail.example").post("/payouts", {"amount": 1})


@app.route("/wallet/form", methods=["GET"])
def form():
    return '<form method="POST" action="/wallet/transfers">'


@app.template_filter("post")
def post_filter(value):
    return value


@app.context_processor
def post_office():
    return {}


@app.teardown_request
def post_request(error=None):
    return None
