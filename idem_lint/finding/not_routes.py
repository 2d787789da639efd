"""Packages whose decorators and calls register no handler of an HTTP request, whatever they are given.

What a package here is given may read like a route (a path, a verb, ``methods=``): a metric's labels, a client's request, a
test's stub. A package is listed with the page that says what its decorators do. What registers for a command line, a bot
or a queue is no route either: queues are judged by the rules about queues, the others have no request that could be sent
twice by an HTTP client.

The company's own packages are not here: ``routers = { "company.cache.memo" = "nothing" }`` says it of them.
"""

from __future__ import annotations

# What a route decorator is not: clients whose methods are declared by decorators. They send the request.
_CLIENTS = {
    "uplink": "https://uplink.readthedocs.io/en/stable/user/quickstart.html",
    "decorest": "https://github.com/bkryza/decorest",
    "meatie": "https://github.com/pmateusz/meatie",
    "rapid_api_client": "https://github.com/essembeh/rapid-api-client",
    "pretend": "https://github.com/pretendlabs/pretend",
    "apiclient": "https://github.com/MikeWooster/api-client",
    "httpx": "https://www.python-httpx.org/api/",
    "requests": "https://requests.readthedocs.io/en/latest/api/",
    "urllib3": "https://urllib3.readthedocs.io/en/stable/reference/",
    "httplib2": "https://github.com/httplib2/httplib2",
    "treq": "https://treq.readthedocs.io/en/latest/api.html",
    "botocore": "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html",
    "boto3": "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html",
    "stripe": "https://github.com/stripe/stripe-python",
}
# Tests: stubs of other people's servers, parameters of a test, load that is sent.
_TESTS = {
    "pytest": "https://docs.pytest.org/en/stable/how-to/parametrize.html",
    "_pytest": "https://docs.pytest.org/en/stable/how-to/parametrize.html",
    "pytest_asyncio": "https://pytest-asyncio.readthedocs.io/",
    "pytest_httpserver": "https://pytest-httpserver.readthedocs.io/",
    "nose": "https://nose.readthedocs.io/",
    "parameterized": "https://github.com/wolever/parameterized",
    "ddt": "https://ddt.readthedocs.io/",
    "hypothesis": "https://hypothesis.readthedocs.io/",
    "schemathesis": "https://schemathesis.readthedocs.io/",
    "responses": "https://github.com/getsentry/responses",
    "respx": "https://lundberg.github.io/respx/",
    "requests_mock": "https://requests-mock.readthedocs.io/",
    "httpretty": "https://httpretty.readthedocs.io/",
    "aioresponses": "https://github.com/pnuckowski/aioresponses",
    "pook": "https://pook.readthedocs.io/",
    "mocket": "https://github.com/mindflayer/python-mocket",
    "vcr": "https://vcrpy.readthedocs.io/",
    "betamax": "https://betamax.readthedocs.io/",
    "mock": "https://mock.readthedocs.io/",
    "moto": "https://docs.getmoto.org/",
    "freezegun": "https://github.com/spulec/freezegun",
    "time_machine": "https://time-machine.readthedocs.io/",
    "testfixtures": "https://testfixtures.readthedocs.io/",
    "locust": "https://docs.locust.io/en/stable/writing-a-locustfile.html",
    "behave": "https://behave.readthedocs.io/",
    "pact": "https://docs.pact.io/implementation_guides/python",
    "factory": "https://factoryboy.readthedocs.io/",
    "model_bakery": "https://model-bakery.readthedocs.io/",
}
# Values, models and their checks; containers that hand objects out.
_VALUES = {
    "pydantic": "https://docs.pydantic.dev/latest/concepts/validators/",
    "pydantic_settings": "https://docs.pydantic.dev/latest/concepts/pydantic_settings/",
    "attr": "https://www.attrs.org/en/stable/api.html",
    "attrs": "https://www.attrs.org/en/stable/api.html",
    "cattr": "https://catt.rs/en/stable/",
    "cattrs": "https://catt.rs/en/stable/",
    "msgspec": "https://jcristharif.com/msgspec/",
    "marshmallow": "https://marshmallow.readthedocs.io/en/stable/extending/index.html",
    "marshmallow_dataclass": "https://github.com/lovasoa/marshmallow_dataclass",
    "webargs": "https://webargs.readthedocs.io/",
    "voluptuous": "https://github.com/alecthomas/voluptuous",
    "schematics": "https://schematics.readthedocs.io/",
    "cerberus": "https://docs.python-cerberus.org/",
    "jsonschema": "https://python-jsonschema.readthedocs.io/",
    "wtforms": "https://wtforms.readthedocs.io/",
    "typing_extensions": "https://typing-extensions.readthedocs.io/",
    "typeguard": "https://typeguard.readthedocs.io/",
    "beartype": "https://beartype.readthedocs.io/",
    "deprecated": "https://deprecated.readthedocs.io/",
    "wrapt": "https://wrapt.readthedocs.io/",
    "decorator": "https://github.com/micheles/decorator",
    "toolz": "https://toolz.readthedocs.io/",
    "zope": "https://zopeinterface.readthedocs.io/",
    "injector": "https://injector.readthedocs.io/",
    "dependency_injector": "https://python-dependency-injector.ets-labs.org/",
    "punq": "https://punq.readthedocs.io/",
    "lagom": "https://lagom-di.readthedocs.io/",
    "svcs": "https://svcs.hynek.me/",
    "dishka": "https://dishka.readthedocs.io/",
    "wireup": "https://maldoinc.github.io/wireup/",
    "pluggy": "https://pluggy.readthedocs.io/",
    "stevedore": "https://docs.openstack.org/stevedore/latest/",
}
# Databases: events, columns and transactions.
_DATABASES = {
    "sqlalchemy": "https://docs.sqlalchemy.org/en/20/core/event.html",
    "sqlalchemy_utils": "https://sqlalchemy-utils.readthedocs.io/",
    "sqlmodel": "https://sqlmodel.tiangolo.com/",
    "alembic": "https://alembic.sqlalchemy.org/",
    "peewee": "https://docs.peewee-orm.com/",
    "playhouse": "https://docs.peewee-orm.com/",
    "pony": "https://docs.ponyorm.org/",
    "tortoise": "https://tortoise.github.io/signals.html",
    "mongoengine": "https://docs.mongoengine.org/guide/signals.html",
    "beanie": "https://beanie-odm.dev/tutorial/event-based-actions/",
    "odmantic": "https://art049.github.io/odmantic/",
    "eventsourcing": "https://eventsourcing.readthedocs.io/en/stable/topics/domain.html",
    "blinker": "https://blinker.readthedocs.io/",
    "pyee": "https://pyee.readthedocs.io/",
    "model_utils": "https://django-model-utils.readthedocs.io/",
    "fsm": "https://github.com/viewflow/django-fsm",
    "django_fsm": "https://github.com/viewflow/django-fsm",
    "simple_history": "https://django-simple-history.readthedocs.io/",
    "reversion": "https://django-reversion.readthedocs.io/",
    "polymorphic": "https://django-polymorphic.readthedocs.io/",
    "mptt": "https://django-mptt.readthedocs.io/",
}
# Repetition, caches, limits, locks.
_AROUND = {
    "tenacity": "https://tenacity.readthedocs.io/",
    "backoff": "https://github.com/litl/backoff",
    "retry": "https://github.com/invl/retry",
    "retrying": "https://github.com/groodt/retrying",
    "stamina": "https://stamina.hynek.me/",
    "pybreaker": "https://github.com/danielfm/pybreaker",
    "circuitbreaker": "https://github.com/fabfuel/circuitbreaker",
    "cachetools": "https://cachetools.readthedocs.io/",
    "async_lru": "https://github.com/aio-libs/async-lru",
    "aiocache": "https://aiocache.aio-libs.org/",
    "cashews": "https://github.com/Krukov/cashews",
    "dogpile": "https://dogpilecache.sqlalchemy.org/",
    "diskcache": "https://grantjenks.com/docs/diskcache/",
    "joblib": "https://joblib.readthedocs.io/",
    "fastapi_cache": "https://github.com/long2ice/fastapi-cache",
    "flask_caching": "https://flask-caching.readthedocs.io/",
    "cacheops": "https://github.com/Suor/django-cacheops",
    "ratelimit": "https://github.com/tomasbasham/ratelimit",
    "django_ratelimit": "https://django-ratelimit.readthedocs.io/en/stable/usage.html",
    "slowapi": "https://slowapi.readthedocs.io/",
    "fastapi_limiter": "https://github.com/long2ice/fastapi-limiter",
    "flask_limiter": "https://flask-limiter.readthedocs.io/",
    "limits": "https://limits.readthedocs.io/",
    "redis": "https://redis.readthedocs.io/",
    "filelock": "https://py-filelock.readthedocs.io/",
    "anyio": "https://anyio.readthedocs.io/",
    "asgiref": "https://docs.djangoproject.com/en/stable/topics/async/",
    "trio": "https://trio.readthedocs.io/",
    "async_timeout": "https://github.com/aio-libs/async-timeout",
    "greenlet": "https://greenlet.readthedocs.io/",
    "gevent": "https://www.gevent.org/",
}
# Measurement and logs: a path and a verb are labels.
_MEASUREMENT = {
    "prometheus_client": "https://prometheus.github.io/client_python/instrumenting/labels/",
    "prometheus_fastapi_instrumentator": "https://github.com/trallnag/prometheus-fastapi-instrumentator",
    "statsd": "https://statsd.readthedocs.io/",
    "datadog": "https://datadogpy.readthedocs.io/",
    "ddtrace": "https://ddtrace.readthedocs.io/",
    "opentelemetry": "https://opentelemetry-python.readthedocs.io/",
    "sentry_sdk": "https://docs.sentry.io/platforms/python/tracing/",
    "newrelic": "https://docs.newrelic.com/docs/apm/agents/python-agent/python-agent-api/",
    "elasticapm": "https://www.elastic.co/docs/reference/apm/agents/python",
    "structlog": "https://www.structlog.org/",
    "loguru": "https://loguru.readthedocs.io/",
    "langfuse": "https://langfuse.com/docs/sdk/python/decorators",
    "langsmith": "https://docs.langchain.com/langsmith/annotate-code",
    "mlflow": "https://mlflow.org/docs/latest/genai/tracing/",
    "wandb": "https://docs.wandb.ai/",
    "aws_xray_sdk": "https://docs.aws.amazon.com/xray-sdk-for-python/latest/reference/",
}
# Around a view that is registered elsewhere: who may call it, what its documentation says.
_AROUND_VIEWS = {
    "flask_login": "https://flask-login.readthedocs.io/",
    "flask_security": "https://flask-security-too.readthedocs.io/",
    "flask_jwt_extended": "https://flask-jwt-extended.readthedocs.io/",
    "flask_httpauth": "https://flask-httpauth.readthedocs.io/",
    "flask_principal": "https://github.com/pallets-eco/flask-principal",
    "flask_cors": "https://flask-cors.readthedocs.io/",
    "flask_wtf": "https://flask-wtf.readthedocs.io/",
    "flask_babel": "https://python-babel.github.io/flask-babel/",
    "flask_pydantic": "https://github.com/bauerji/flask-pydantic",
    "flask_accepts": "https://github.com/apryor6/flask_accepts",
    "flasgger": "https://github.com/flasgger/flasgger",
    "apispec": "https://apispec.readthedocs.io/",
    "aiohttp_apispec": "https://aiohttp-apispec.readthedocs.io/",
    "aiohttp_cors": "https://github.com/aio-libs/aiohttp-cors",
    "aiohttp_security": "https://aiohttp-security.readthedocs.io/",
    "drf_yasg": "https://drf-yasg.readthedocs.io/en/stable/custom_spec.html",
    "drf_spectacular": "https://drf-spectacular.readthedocs.io/en/latest/customization.html",
    "django_filters": "https://django-filter.readthedocs.io/",
    "django_prometheus": "https://github.com/django-commons/django-prometheus",
    "guardian": "https://django-guardian.readthedocs.io/",
    "rules": "https://github.com/dfunckt/django-rules",
    "waffle": "https://waffle.readthedocs.io/",
    "axes": "https://django-axes.readthedocs.io/",
    "django_otp": "https://django-otp-official.readthedocs.io/",
    "oauth2_provider": "https://django-oauth-toolkit.readthedocs.io/",
    "authlib": "https://docs.authlib.org/",
    "casbin": "https://casbin.org/docs/overview",
    "oso": "https://www.osohq.com/docs",
    "sanic_ext": "https://sanic.dev/en/plugins/sanic-ext/openapi/decorators.html",
    "djstripe": "https://dj-stripe.dev/",
}
# Command lines, bots, sockets, flows: no HTTP request leads to one function.
_ELSEWHERE = {
    "click": "https://click.palletsprojects.com/en/stable/options/",
    "typer": "https://typer.tiangolo.com/",
    "rich_click": "https://ewels.github.io/rich-click/",
    "cyclopts": "https://cyclopts.readthedocs.io/",
    "fire": "https://google.github.io/python-fire/",
    "invoke": "https://docs.pyinvoke.org/",
    "fabric": "https://docs.fabfile.org/",
    "nox": "https://nox.thea.codes/",
    "celery": "https://docs.celeryq.dev/",
    "kombu": "https://docs.celeryq.dev/projects/kombu/",
    "dramatiq": "https://dramatiq.io/",
    "rq": "https://python-rq.org/",
    "huey": "https://huey.readthedocs.io/",
    "faust": "https://faust.readthedocs.io/",
    "apscheduler": "https://apscheduler.readthedocs.io/",
    "schedule": "https://schedule.readthedocs.io/",
    "airflow": "https://airflow.apache.org/docs/",
    "prefect": "https://docs.prefect.io/",
    "dagster": "https://docs.dagster.io/",
    "luigi": "https://luigi.readthedocs.io/",
    "aiogram": "https://docs.aiogram.dev/",
    "telegram": "https://docs.python-telegram-bot.org/",
    "telebot": "https://pytba.readthedocs.io/",
    "discord": "https://discordpy.readthedocs.io/",
    "slack_bolt": "https://docs.slack.dev/tools/bolt-python/",
    "socketio": "https://python-socketio.readthedocs.io/en/stable/server.html",
    "flask_socketio": "https://flask-socketio.readthedocs.io/",
    "channels": "https://channels.readthedocs.io/en/stable/topics/consumers.html",
    "websockets": "https://websockets.readthedocs.io/",
    "paho": "https://eclipse.dev/paho/files/paho.mqtt.python/html/",
    "pika": "https://pika.readthedocs.io/",
    "watchdog": "https://python-watchdog.readthedocs.io/",
    "jinja2": "https://jinja.palletsprojects.com/",
    "numba": "https://numba.readthedocs.io/",
    "numpy": "https://numpy.org/doc/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "torch": "https://docs.pytorch.org/docs/stable/",
    "jax": "https://docs.jax.dev/",
}

SOURCES: dict[str, str] = (
    _CLIENTS | _TESTS | _VALUES | _DATABASES | _AROUND | _MEASUREMENT | _AROUND_VIEWS | _ELSEWHERE
)
"""Package -> the page that says what its decorators do."""


_WITH_VIEWS = frozenset({"django_otp", "djstripe", "flask_security", "oauth2_provider"})


def is_no_view(dotted: str) -> bool:
    """Whether a class of this name is of a package that has no class views to inherit from."""
    return is_no_route(dotted) and dotted.partition(".")[0] not in _WITH_VIEWS


def is_no_route(dotted: str) -> bool:
    """Whether a dotted name belongs to a package that registers no handler."""
    return dotted.partition(".")[0] in SOURCES
