from fastapi import FastAPI

from factory import crud_router
from models import Customer, Payment, PaymentPlan, Refund, Tag

app = FastAPI()
app.include_router(crud_router(Customer, "/customers"))
app.include_router(crud_router(Payment, "/payments"))
app.include_router(crud_router(PaymentPlan, "/payment-plans"))
for model, prefix in ((Refund, "/refunds"), (Tag, "/tags")):
    app.include_router(crud_router(model, prefix))
