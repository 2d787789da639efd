from platform_web.routing import APIRouter as BankRouter


class LoanRouter(BankRouter):
    pass


router = LoanRouter(prefix="/lending/loans")


@router.post("/{loan_id}/disburse")
def disburse(loan_id: str):
    return {}


@router.api_route("/{loan_id}/repay", methods=["POST"])
def repay(loan_id: str):
    return {}


@router.api_route("/{loan_id}")
def loan(loan_id: str):
    return {}
