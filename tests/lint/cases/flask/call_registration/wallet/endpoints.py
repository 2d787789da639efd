"""Rules and functions that meet by name only."""

from werkzeug.routing import Rule, Submount

from idem_runtime import money_moving


def install(app):
    app.add_url_rule("/wallet/payouts", endpoint="payouts", methods=["POST"])
    app.add_url_rule("/wallet/rates", endpoint="rates")
    app.add_url_rule("/wallet/refunds", "refunds", methods=["GET", "POST"])
    app.url_map.add(Rule("/wallet/chargebacks", endpoint="chargebacks", methods=["POST"]))
    app.url_map.add(Rule("/wallet/anything", endpoint="anything"))
    app.url_map.add(
        Submount("/wallet/cards", [
            Rule("/block", endpoint="block", methods=["POST"]),
            Rule("/limits", endpoint="limits", methods=["GET"]),
        ])
    )

    @app.endpoint("payouts")
    @money_moving
    def pay_out():
        return {}

    @app.endpoint("rates")
    def rates():
        return {}

    app.endpoint("refunds")(refund)
    app.view_functions["chargebacks"] = charge_back
    app.view_functions.update(anything=anything, limits=limits)
    app.view_functions["block"] = money_moving(block)


def refund():
    return {}


def charge_back():
    return {}


def anything():
    return {}


def block():
    return {}


def limits():
    return {}
