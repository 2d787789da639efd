"""Model servers: BentoML, Ray Serve, Gradio."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### BentoML
import bentoml
from idem_runtime import money_moving


@bentoml.service
class Wallet:
    @bentoml.api(route="/payouts")
    @money_moving
    def payout(self, amount: int) -> int: ...  # found: money_moving

    @bentoml.api
    def transfer(self, amount: int) -> int: ...  # found

    @bentoml.task
    def settle(self, amount: int) -> int: ...  # found

    def helper(self): ...


older = bentoml.Service("wallet")


@older.api(input=None, output=None)
def charge(amount): ...  # found

### Ray Serve
from fastapi import FastAPI
from idem_runtime import money_moving
from ray import serve

app = FastAPI()


@serve.deployment
@serve.ingress(app)
class Wallet:
    @app.post("/transfers")
    def transfer(self, amount: int): ...  # found

    def __call__(self, request): ...


@serve.deployment
class Plain:
    @money_moving
    async def __call__(self, request): ...  # found: money_moving


@serve.deployment(num_replicas=2)
class Configured:
    async def __call__(self, request): ...  # found


@serve.deployment
class Part:
    def predict(self, amount: int): ...


@serve.deployment
async def function(request): ...  # found

### Gradio
import gradio as gr
from idem_runtime import money_moving


def transfer(amount): ...  # found


def payout(amount): ...  # found


@money_moving
def refund(amount): ...  # found: money_moving


def interface(amount): ...  # found


with gr.Blocks() as demo:
    button = gr.Button("Pay")
    button.click(transfer, inputs=[], outputs=[])
    button.click(fn=refund).then(payout)
    button.click(None, js="() => 1")

    @button.click(inputs=[])
    def pay(amount): ...  # found

    @gr.on([button.click])
    def both(amount): ...  # found

    @gr.api
    def called(amount: int) -> int: ...  # found


gr.Interface(fn=interface, inputs="text", outputs="text")
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
