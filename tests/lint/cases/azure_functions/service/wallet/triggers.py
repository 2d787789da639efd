import azure.functions as func

triggers = func.Blueprint()


@triggers.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
def settle_every_hour(timer: func.TimerRequest) -> None:
    return None


@triggers.queue_trigger(arg_name="message", queue_name="payouts", connection="Storage")
def on_payout(message: func.QueueMessage) -> None:
    return None


@triggers.generic_trigger(arg_name="req", type="httpTrigger", methods=["POST"], route="wallet/generic")
@triggers.generic_output_binding(arg_name="$return", type="http")
def generic(req: func.HttpRequest) -> str:
    return "ok"


@triggers.generic_trigger(arg_name="req", type="httpTrigger", methods=["GET"], route="wallet/generic-page")
@triggers.generic_output_binding(arg_name="$return", type="http")
def generic_page(req: func.HttpRequest) -> str:
    return "ok"
