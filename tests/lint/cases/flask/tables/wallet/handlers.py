from idem_runtime import money_moving, not_money_moving


def transfer():
    return {}


@money_moving
def deposit():
    return {}


def purchase():
    return {}


def history():
    return {}


def refund():
    return {}


@not_money_moving(reason="sets a reminder only")
def schedule():
    return {}


def rebate():
    return {}


def gift():
    return {}


def fee():
    return {}


def rate():
    return {}


def interest():
    return {}


@money_moving
def payout():
    return {}


def statement():
    return {}


def reversal():
    return {}


def open_account():
    return {}


def close_account():
    return {}


def first_step():
    return {}


def second_step():
    return {}


def balance():
    return {}


def authorise():
    return {}


def capture():
    return {}


def hold():
    return {}


def release():
    return {}


def late():
    return {}


def helper():
    return {}
