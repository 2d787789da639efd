"""All frameworks, in the order that decides where only the use of a name tells."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from idem_lint.finding.known_frameworks import Registry

# A framework costs one file; its name stands here. The order decides where only the use of a name tells.
NAMES = (
    "starlette.fastapi",
    "starlette.framework",
    "starlette.fastapi_utils",
    "starlette.fastapi_class",
    "starlette.fastapi_controllers",
    "starlette.generated_crud",
    "starlette.nicegui",
    "starlette.fasthtml",
    "starlette.ravyn",
    "flask.framework",
    "flask.quart",
    "flask.apiflask",
    "flask.flask_smorest",
    "flask.flask_restful",
    "flask.flask_restx",
    "flask.flask_classful",
    "flask.flask_admin",
    "flask.flask_appbuilder",
    "flask.flask_openapi3",
    "flask.flask_rest_jsonapi",
    "flask.flask_rebar",
    "connexion.framework",
    "bottle",
    "pyramid.framework",
    "pyramid.cornice",
    "serverless.chalice",
    "serverless.powertools",
    "serverless.aws_lambda",
    "serverless.aws_cdk",
    "serverless.azure_functions",
    "serverless.functions_framework",
    "serverless.modal",
    "django.ninja",
    "django.ninja_extra",
    "grpc.framework",
    "graphql.strawberry",
    "graphql.graphene",
    "graphql.ariadne",
    "queues",
    "other_queues",
    "sanic",
    "litestar",
    "starlite",
    "falcon",
    "tornado",
    "aiohttp",
    "blacksheep",
    "robyn",
    "sqladmin",
    "odoo",
    "frappe",
    "django.tastypie",
    "django.wagtail",
    "django.admin",
    "jsonrpc.flask_jsonrpc",
    "jsonrpc.fastapi_jsonrpc",
    "jsonrpc.jsonrpcserver",
    "fastmcp",
    "klein",
    "twisted_web",
    "microdot",
    "hug",
    "nameko",
    "cherrypy",
    "webpy",
    "routes_mapper",
    "bentoml",
    "gradio",
    "ray_serve",
    "stdlib_http",
    "django.framework",
    "django.drf",
)


@cache
def registry() -> Registry:
    """The frameworks that ship with the linter."""
    return Registry(import_module(f"idem_lint.frameworks.{name}").FRAMEWORK for name in NAMES)
