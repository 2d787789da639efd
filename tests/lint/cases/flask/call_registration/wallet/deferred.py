from flask import Blueprint

section = Blueprint("section", __name__, url_prefix="/wallet/section")


def top_up():
    return {}


def direct():
    return {}


def overdue():
    return {}


def quote():
    return {}


@section.record
def on_registration(state):
    state.add_url_rule("/top-ups", view_func=top_up, methods=["POST"])
    state.app.add_url_rule("/wallet/direct", view_func=direct, methods=["POST"])


@section.endpoint("section.late")
def by_name():
    return {}


section.add_url_rule("/late", endpoint="late", methods=["POST"])
section.add_url_rule("/late-too", view_func=overdue, methods=["POST"])
section.add_url_rule("/quote", view_func=quote, methods=["GET"])
