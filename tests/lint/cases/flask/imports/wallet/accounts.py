import core
import core as c
import idem_runtime as idem
from core import default_section, post
from core import money as m
from idem_runtime import money_moving as mm


@core.money.post("/one")
def one():
    return {}


@c.money.route("/two", methods=["POST"])
@idem.money_moving
def two():
    return {}


@m.post("/three")
@mm
def three():
    return {}


@default_section.post("/four")
def four():
    return {}


@post("/five")
def five():
    return {}


@core.sections.late.post("/six")
@idem.not_money_moving(reason="asks the ledger, changes nothing")
def six():
    return {}


@core.late.get("/seven")
def seven():
    return {}
