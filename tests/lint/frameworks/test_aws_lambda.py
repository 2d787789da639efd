"""AWS Lambda: the functions that a deployment names, and the requests that it sends them."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources
from tests.lint.frameworks.projects import handlers_of, inventory_of, marks_of, undecided_of

WALLET = """
from idem_runtime import money_moving

LIMIT = 5


@money_moving
def transfer(event, context):
    return {"statusCode": 200}


def statement(event, context):
    return {"statusCode": 200}
"""
SERVERLESS = """
service: wallet
functions:
  pay:
    handler: {handler}
    events:
{events}
"""

EVENTS: dict[str, tuple[str, dict[str, str]]] = {
    "in short": ("      - http: post /transfers", {"transfer": "POST"}),
    "in full": ("      - http:\n          path: transfers\n          method: POST", {"transfer": "POST"}),
    "of an HTTP API": ("      - httpApi: POST /transfers", {"transfer": "POST"}),
    "any method": (
        "      - httpApi:\n          path: /transfers\n          method: '*'",
        {"transfer": "ANY"},
    ),
    "everything": ("      - httpApi: '*'", {"transfer": "ANY"}),
    "without a word": ("      - http", {"transfer": "ANY"}),
    "of a load balancer": (
        "      - alb:\n          conditions:\n            path: /transfers\n            method: [POST, GET]",
        {"transfer": "GET POST"},
    ),
    "reading": ("      - http: get /transfers", {}),
    "of a queue": ("      - sqs: arn:aws:sqs:eu-west-1:1:transfers", {}),
    "none": ("      []", {}),
}


@pytest.mark.parametrize(("events", "found"), EVENTS.values(), ids=EVENTS)
def test_a_function_answers_what_serverless_yml_sends_it(
    events: str, found: dict[str, str], tmp_path: Path
) -> None:
    document = SERVERLESS.format(handler="wallet.transfer", events=events)
    assert handlers_of(tmp_path, {"wallet.py": WALLET, "serverless.yml": document}) == found


FUNCTIONS_UNREAD = {
    "all, of a program": ("${file(functions.js)}", "${file(functions.js)}"),
    "all, of a file that is not there": ("${file(functions.yml):wallet}", "${file(functions.yml):wallet}"),
    "a part of them": ("\n  - pay: {handler: other.pay}\n  - ${file(more.js)}", "${file(more.js)}"),
    "one of them": ("\n  pay: ${file(pay.js)}", "${file(pay.js)}"),
}


@pytest.mark.parametrize(("functions", "text"), FUNCTIONS_UNREAD.values(), ids=FUNCTIONS_UNREAD)
def test_functions_that_nobody_can_read_may_be_any_that_takes_an_event(
    functions: str, text: str, tmp_path: Path
) -> None:
    files = {
        "src/wallet.py": WALLET,
        "src/rates.py": "def rate(currency):\n    return 1\n",
        "serverless.yml": f"service: wallet\nfunctions: {functions}\n",
        "elsewhere/wallet.py": WALLET,
    }
    assert undecided_of(tmp_path, files) == {11: f"`{text}`, the functions of serverless.yml, cannot be read"}
    assert handlers_of(tmp_path, files) == {"transfer": "POST"}  # it is marked: whatever it answers


def test_functions_that_a_document_names_beside_what_nobody_can_read_are_read(tmp_path: Path) -> None:
    named = "functions:\n  - pay:\n      handler: wallet.transfer\n      events:\n        - http: post /transfers\n"
    files = {"wallet.py": WALLET, "serverless.yml": named + "  - ${file(more.js)}\n"}
    assert handlers_of(tmp_path, files) == {"transfer": "POST"}
    assert {*undecided_of(tmp_path, files)} == {11}


APART = {
    "a document of OpenAPI": "Type: AWS::Serverless::Api\n    Properties:\n      DefinitionUri: openapi.yml",
    "a document within": "Type: AWS::Serverless::HttpApi\n    Properties:\n      DefinitionBody: {paths: {}}",
    "a method by itself": "Type: AWS::ApiGateway::Method\n    Properties:\n      HttpMethod: POST",
    "a route by itself": "Type: AWS::ApiGatewayV2::Route\n    Properties:\n      RouteKey: POST /transfers",
}


@pytest.mark.parametrize("api", APART.values(), ids=APART)
@pytest.mark.parametrize(
    "events", ["", "\n      Events:\n        Q: {Type: SQS}"], ids=["alone", "with events"]
)
def test_requests_that_a_template_sends_apart_from_its_functions_are_said(
    api: str, events: str, tmp_path: Path
) -> None:
    template = (
        f"Resources:\n  Api:\n    {api}\n  Pay:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      Handler: wallet.statement{events}\n"
    )
    said = "the requests that template.yaml sends it cannot be read: they stand apart from its functions"
    files = {"wallet.py": WALLET, "template.yaml": template}
    assert undecided_of(tmp_path, files) == ({} if events else {11: said})


UNREAD = {
    "method": ("      - http:\n          path: x\n          method: ${self:custom.method}", "its method in"),
    "event": ("      - ${self:custom.event}", "its events in"),
    "events": ("      ${self:custom.events}", "its events in"),
    "file that is not there": ("      - ${file(events.yml)}", "its events in"),
}


@pytest.mark.parametrize(("events", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_of_its_events_is_said(events: str, reason: str, tmp_path: Path) -> None:
    document = SERVERLESS.format(handler="wallet.statement", events=events)
    assert undecided_of(tmp_path, {"wallet.py": WALLET, "serverless.yml": document}) == {
        11: f"{reason} serverless.yml cannot be read"
    }


HANDLERS = {
    "in a folder": ("src/wallet.transfer", "src/wallet.py", 1),
    "in a folder of a module": ("src.wallet.transfer", "src/wallet.py", 1),
    "from here": ("./wallet.transfer", "wallet.py", 1),
    "of a package": ("wallet.transfer", "wallet/__init__.py", 1),
    "of another file": ("other.transfer", "wallet.py", 0),
    "of the same name elsewhere": ("wallet.transfer", "src/wallet.py", 0),
    "nothing of that name": ("wallet.gone", "wallet.py", 0),
    "no function": ("wallet.LIMIT", "wallet.py", 0),
    "no name": ("wallet", "wallet.py", 0),
}


@pytest.mark.parametrize(("handler", "file", "count"), HANDLERS.values(), ids=HANDLERS)
def test_a_handler_is_found_by_its_path_from_the_document(
    handler: str, file: str, count: int, tmp_path: Path
) -> None:
    document = SERVERLESS.format(handler=handler, events="      - http: post /transfers")
    found = handlers_of(tmp_path, {file: WALLET, "serverless.yml": document})
    assert found == ({"transfer": "POST"} if count else {})


def test_a_mark_on_a_function_takes_effect(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        SERVERLESS.format(handler="app.transfer", events="      - http: post /transfers")
    )
    assert marks_of(tmp_path, WALLET) == {"transfer": True}


def test_functions_may_stand_in_other_files_and_lists(tmp_path: Path) -> None:
    files = {
        "serverless.yml": "functions:\n  - ${file(more/functions.yml)}\n  - pay: ${file(pay.yml):functions.pay}\n",
        "more/functions.yml": "statement:\n  handler: wallet.statement\n  url: true\n",
        "pay.yml": "functions:\n  pay:\n    handler: wallet.transfer\n    events: ${file(events.yml)}\n",
        "events.yml": "- http: post /transfers\n",
        "wallet.py": WALLET,
    }
    assert handlers_of(tmp_path, files) == {"transfer": "POST", "statement": "ANY"}


SAM = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    CodeUri: src/
Resources:
  Transfer:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${AWS::StackName}-transfer"
      Handler: wallet.transfer
      Environment: {Variables: {TABLE: !Ref Table, ARN: !GetAtt [Table, Arn]}}
      Events:
        Api:
          Type: Api
          Properties: {Path: /transfers, Method: post}
        Nightly:
          Type: Schedule
          Properties: {Schedule: rate(1 day)}
  Statement:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: !Ref Bucket
      Handler: src.wallet.statement
      FunctionUrlConfig: {AuthType: AWS_IAM}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      Handler: wallet.other
      Events:
        All: {Type: HttpApi}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
  Table:
    Type: AWS::DynamoDB::Table
"""


def test_a_template_of_sam_says_what_its_functions_answer(tmp_path: Path) -> None:
    files = {"template.yaml": SAM, "src/wallet.py": f"{WALLET}\n\ndef other(event, context): ...\n"}
    found = inventory_of(tmp_path, files)
    assert {handler.qualname: (handler.methods, handler.route) for handler in found.handlers} == {
        "transfer": (("POST",), "/transfers"),
        "other": (found.handlers[-1].methods, None),
    }
    assert len(found.handlers[-1].methods) == 7


def test_a_template_in_a_folder_beside_the_code_is_found(tmp_path: Path) -> None:
    template = SAM.replace("CodeUri: src/", "CodeUri: ../src/")
    assert handlers_of(tmp_path, {"infra/template.yaml": template, "src/wallet.py": WALLET}) == {
        "transfer": "POST"
    }


def test_without_pyyaml_a_function_whose_events_are_a_list_is_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: object, **more: object) -> object:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("idem_lint.source.loaded_documents.import_module", without)
    document = SERVERLESS.format(handler="wallet.statement", events="      - http: post /transfers")
    assert undecided_of(tmp_path, {"wallet.py": WALLET, "serverless.yml": document}) == {
        11: "its events in serverless.yml cannot be read"
    }


APPLICATIONS = """
### what hands its event to an application answers by the application's routes
import awsgi
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from fastapi import FastAPI
from flask import Flask
from mangum import Mangum

app = APIGatewayRestResolver()
api = FastAPI()
site = Flask(__name__)
mangum = Mangum(api)


@app.post("/transfers")
def transfer(): ...  # found


@api.post("/cards")
def charge(): ...  # found


def resolved(event, context):
    return app.resolve(event, context)


def adapted(event, context):
    return awsgi.response(site, event, context)


def handed(event, context):
    return mangum(event=event, context=context)


def own(event, context):  # found
    return log(event, context)


def log(event, context): ...
--- wallet/serverless.yml
functions:
  resolved: {handler: app.resolved, events: [{http: post /a}]}
  adapted: {handler: app.adapted, events: [{http: post /b}]}
  handed: {handler: app.handed, events: [{http: post /c}]}
  mangum: {handler: app.mangum, events: [{http: post /d}]}
  own: {handler: app.own, events: [{http: post /e}]}
"""


@pytest.mark.parametrize("source", sources(APPLICATIONS))
def test_an_adapter_is_no_handler_itself(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_a_function_of_other_events_is_an_entry_point(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        SERVERLESS.format(handler="wallet.settle", events="      - sqs: arn:aws:sqs:eu-west-1:1:transfers")
    )
    (tmp_path / "wallet.py").write_text(
        """
import stripe


def settle(event, context):
    stripe.Transfer.create(amount=event["amount"])
"""
    )
    found = inventory([tmp_path], Config(root=tmp_path, all_domains=True))
    assert [(entry.qualname, entry.title) for entry in found.entry_points] == [
        ("settle", "an AWS Lambda handler")
    ]


CDK = """
### routes that lead to functions which are named as text
import os

from aws_cdk import Stack, aws_apigateway as apigateway, aws_lambda
from aws_cdk.aws_apigatewayv2 import HttpApi, HttpMethod
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from aws_cdk.aws_lambda_python_alpha import PythonFunction

HERE = os.path.dirname(__file__)


class Wallet(Stack):
    def __init__(self, scope, name, settings):
        super().__init__(scope, name)
        code = aws_lambda.Code.from_asset(os.path.join(HERE, "../src"))
        pay = aws_lambda.Function(self, "Pay", handler="handlers.pay", code=code)
        refund = aws_lambda.Function(self, "Refund", handler="handlers.refund", code=code)
        charge = PythonFunction(self, "Charge", entry="cards", index="app.py", handler="charge")
        gone = aws_lambda.Function(self, "Gone", handler="handlers.gone", code=code)
        resolved = aws_lambda.Function(self, "Resolved", handler="handlers.resolved", code=code)
        self.log = aws_lambda.Function(self, "Log", handler="handlers.log", code=code)
        api = apigateway.RestApi(self, "api")
        api.root.add_resource("pay").add_method("POST", apigateway.LambdaIntegration(pay))
        api.root.add_method("GET", apigateway.LambdaIntegration(self.log))
        api.root.add_method("POST", apigateway.LambdaIntegration(gone))  # undecided
        api.root.add_method("POST", apigateway.HttpIntegration("https://example.com"))
        api.root.add_method("GET", settings.integration)
        api.root.add_method("POST", settings.made().integration)  # undecided
        bare = aws_lambda.Function(self, "Bare", **settings.options)
        api.root.add_method("POST", apigateway.LambdaIntegration(bare))  # undecided
        api.root.add_method("POST", settings.integration)  # undecided
        api.root.add_method("POST", apigateway.LambdaIntegration(resolved))
        self.connect(HttpApi(self, "http"), HttpLambdaIntegration("Refund", refund))
        apigateway.LambdaRestApi(self, "all", handler=charge)

    def connect(self, http: HttpApi, integration):
        http.add_routes(path="/refunds", methods=[HttpMethod.POST], integration=integration)
--- src/handlers.py
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

app = APIGatewayRestResolver()


def pay(event, context): ...  # found


def refund(event, context): ...  # found


def log(event, context): ...


def resolved(event, context):
    return app.resolve(event, context)
--- wallet/cards/app.py
def charge(event, context): ...  # found
"""


@pytest.mark.parametrize("source", sources(CDK))
def test_a_stack_says_which_function_answers(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
