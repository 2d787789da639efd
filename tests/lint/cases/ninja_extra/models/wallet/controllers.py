from __future__ import annotations

from ninja import Schema
from ninja_extra import ModelConfig, ModelControllerBase, ModelEndpointFactory, api_controller, http_post

from idem_runtime import money_moving
from wallet.models import Payment


class PaymentIn(Schema):
    amount: int


class PaymentOut(PaymentIn):
    id: int


SCHEMAS = {
    "create_schema": PaymentIn,
    "update_schema": PaymentIn,
    "patch_schema": PaymentIn,
    "retrieve_schema": PaymentOut,
}


@api_controller("/payments")
class PaymentController(ModelControllerBase):
    """Nothing but a configuration: create, update, patch, delete, find and list come with it."""

    model_config = ModelConfig(model=Payment, **SCHEMAS)


@api_controller("/payments-read")
class ReadOnlyController(ModelControllerBase):
    model_config = ModelConfig(model=Payment, allowed_routes=["find_one", "list"], **SCHEMAS)


@api_controller("/payments-custom")
class CustomController(ModelControllerBase):
    model_config = ModelConfig(model=Payment, allowed_routes=["list"], **SCHEMAS)

    @http_post("/settle")
    @money_moving
    def settle(self) -> dict[str, str]:
        return {}


@api_controller("/payments-factory")
class FactoryController(ModelControllerBase):
    model_config = ModelConfig(model=Payment, allowed_routes=[], **SCHEMAS)
    create_payment = ModelEndpointFactory.create(
        path="/",
        schema_in=PaymentIn,
        schema_out=PaymentOut,
        custom_handler=lambda self, schema, **kwargs: self.service.create(schema, **kwargs),
    )
    get_payment = ModelEndpointFactory.find_one(path="/{int:id}", lookup_param="id", schema_out=PaymentOut)
