"""IDM009 accuses of what a program does: a header that is read, a key that is stored; never of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import Site
from idem_lint.settings.config import Config

HEADER = "reads the Idempotency-Key header"
TABLE = "keeps its own table of idempotency keys"
CACHE = "keeps idempotency keys in a cache"


def sites(source: str, folder: Path, *, file: str = "wallet/models.py", **others: str) -> list[Site]:
    """What is home-made in one file, whether or not anything in it registers."""
    config = Config(root=folder, all_domains=True)
    texts = {file: source, **{f"{name}.py": text for name, text in others.items()}}
    overlay = {folder / name: text.encode() for name, text in texts.items()}
    reports = Project(config, overlay=overlay).reports([folder / file])
    return [site for report in reports for site in report.own_idempotency]


READS = [
    "key = request.headers['Idempotency-Key']",
    "key = request.headers.get('X-Idempotency-Key', None)",
    "key = self.request.headers.getone('idempotency-key')",
    "key = flask.request.headers.getlist('Idempotency-Key')[0]",
    "key = event['headers']['Idempotency-Key']",
    "key = event.get('headers', {}).get('Idempotency-Key')",
    "key = dict(scope['headers']).get(b'idempotency-key')",
    "key = request.META['HTTP_IDEMPOTENCY_KEY']",
    "key = request.META.get('HTTP_X_IDEMPOTENCY_KEY')",
    "key = environ['HTTP_IDEMPOTENCY_KEY']",
    "key = getheader('Idempotency-Key')",
    "key = req.get_header('Idempotency-Key')",
    "key = (await request.headers).get('Idempotency-Key')",
    "key = (request.headers or {}).get('Idempotency-Key')",
    "HEADER = 'Idempotency-Key'\ndef pay(request):\n    return request.headers[HEADER]",
    "from names import HEADER\ndef pay(request):\n    return request.headers[HEADER]  # idem",
    "def pay(request):\n    headers = request.headers\n    return headers.get('Idempotency-Key')",
    "def pay(headers):\n    return headers['Idempotency-Key']",
    "from starlette.requests import Request\ndef asgi(scope):\n    return Request(scope).headers['Idempotency-Key']",
    "if 'Idempotency-Key' not in request.headers: raise ValueError",
    "def Pay(self, request, context):\n    return dict(context.invocation_metadata())['idempotency-key']",
    (
        "def Pay(self, request, context):\n    metadata = dict(context.invocation_metadata())\n"
        "    return metadata.get('idempotency-key')"
    ),
    (
        "def Pay(self, request, context):\n    for name, value in context.invocation_metadata():\n"
        "        if name == 'idempotency-key':\n            return value"
    ),
    "key = next(v for k, v in context.invocation_metadata() if 'idempotency-key' == k)",
    "def pay(key: str = Header(alias='Idempotency-Key')): ...",
    "def pay(idempotency_key: str = Header()): ...",
    "def pay(idempotency_key=Header()): ...",
    "def pay(amount, /, *, idempotency_key: Annotated[str, Header()]): ...",
    "def pay(key: Annotated[str, Parameter(header='Idempotency-Key')]): ...",
    "scheme = APIKeyHeader(name='Idempotency-Key')",
    "parser.add_argument('Idempotency-Key', location='headers')",
]

NO_READS = [
    "key = row['idempotency_key']",
    "key = charge.metadata['idempotency_key']",
    "key = kwargs.get('idempotency_key')",
    "key = get('Idempotency-Key')",
    "key = payload.get('Idempotency-Key')",
    "headers['Idempotency-Key'] = '1'",
    "headers = {'Idempotency-Key': key}\nprint(headers['Idempotency-Key'])",
    "import httpx\nanswer = httpx.post('/x', headers={'Idempotency-Key': 'k'})\nprint(answer.headers['Idempotency-Key'])",
    "import httpx\nprint(httpx.get('/x').headers.get('Idempotency-Key'))",
    "echo = response.headers.get('Idempotency-Key')",
    "echo = client.post('/x', headers={'Idempotency-Key': 'k'}).headers.get('Idempotency-Key')",
    "def send(session, headers):\n    log(headers['Idempotency-Key'])\n    session.post('/x', headers=headers)",
    "def send(**kwargs):\n    log(kwargs['headers']['Idempotency-Key'])\n    post('/x', **kwargs)",
    "def pay(idempotency_key: str = Query(), *, other=1): ...",
    "def pay(idempotency_key: str = Header(alias='X-Request-Id')): ...",
    "def pay(key: Annotated[str, Parameter(query='Idempotency-Key')]): ...",
    "parser.add_argument('--idempotency-key')",
    "if mode == 'idempotency-key': ...",
    "for name in names:\n    if name == 'idempotency-key': ...",
    "if 1 < len('idempotency-key'): ...",
    "if 'Idempotency-Key' in allowed: ...",
    "idem = request.headers[name_of('Idempotency-Key')]",
    "def test_it(client):\n    assert client.request.headers['Idempotency-Key']",
    "class TestIt:\n    def check(self, request):\n        return request.headers['Idempotency-Key']",
]

COLUMN = "class Answered(Base):\n    {}\n"
STORES = [
    COLUMN.format("idempotency_key: Mapped[str] = mapped_column(String(255), unique=True)"),
    COLUMN.format("idempotency_key = Column(String, primary_key=True)"),
    COLUMN.format("request_idempotency_key = models.CharField(max_length=99, unique=True)"),
    COLUMN.format("idem_key: Annotated[str, Field(unique=True)]"),
    COLUMN.format("idempotency_key: Indexed(str, unique=True)"),
    COLUMN.format("__table_args__ = (UniqueConstraint('tenant', 'idempotency_key', name='one'),)"),
    COLUMN.format("__table_args__ = (Index('ix', 'idempotency_key', unique=True),)"),
    COLUMN.format("class Meta:\n        unique_together = [('tenant', 'idempotency_key')]"),
    COLUMN.format(
        "class Meta:\n        constraints = [models.UniqueConstraint(fields=['idempotency_key'], name='x')]"
    ),
    COLUMN.format("__tablename__ = 'idempotency'"),
    COLUMN.format("class Meta:\n        db_table = 'idempotency_keys'"),
    "class IdempotencyKey(db.Model): ...",
    "class IdempotencyRecord(Base[int]): ...",
    "answered = Table('answered', metadata, Column('idempotency_key', String, unique=True))",
    "op.create_unique_constraint('uq', 'answered', ['idempotency_key'])",
    "op.create_index('ix', 'answered', ['tenant', 'idempotency_key'], unique=True)",
    "records.create_index([('idempotency_key', 1)], unique=True)",
    "migrations.CreateModel(fields=[('idempotency_key', models.CharField(unique=True))])",
    "migrations.AddField(model_name='a', name='idempotency_key', field=models.CharField(unique=True))",
    "sql = 'INSERT INTO idempotency_keys VALUES (1)'",
    "sql = f'select answer from {schema}.idempotency_keys where key = %s'",
    "sql = 'update wallet.idempotency set answer = %s'",
    'sql = """\n-- keys\ndelete from "idempotency_keys" where old"""',
    "sql = 'create table answered (id int, idempotency_key text not null unique)'",
    "sql = 'create table answered (idempotency_key text, primary key (tenant, idempotency_key))'",
    "sql = 'create unique index ix on answered (tenant, idempotency_key)'",
    "sql = 'alter table answered add constraint c unique (idempotency_key)'",
    "cache.set(f'idempotency:{key}', 1, nx=True)",
    "cache.setnx('idempotency:' + key, 1) if False else cache.setnx('idempotency', 1)",
    "cache.add(f'idempotency:{key}', True, 60)",
]

NO_STORES = [
    "class IdempotencyKey(BaseModel): ...",
    "class IdempotencyKey: ...",
    COLUMN.format("idempotency_key = Column(String)"),
    COLUMN.format("idempotency_key = Column(String, unique=False)"),
    COLUMN.format("idempotency_key: str"),
    COLUMN.format("self.idempotency_key = Column(unique=True)"),
    COLUMN.format("order_id = Column(String, unique=True)"),
    COLUMN.format("__table_args__ = (UniqueConstraint('order_id'),)"),
    COLUMN.format("class Meta:\n        unique_together = [('tenant', 'order_id')]"),
    COLUMN.format("class Meta:\n        db_table = 'orders'"),
    "Index('ix', 'idempotency_key')",
    "Column('order_id', unique=True), Column('idempotency_key')",
    "migrations.AddField(model_name='a', name='idempotency_key', field=models.CharField())",
    "migrations.AddField(model_name='idempotency_key')",
    "pair = ('idempotency_key', make())",
    "names.add('idempotency_key')",
    "cache.set(f'idempotency:{key}', 1)",
    "cache.set(f'order:{key}', 1, nx=True)",
    "sql = 'select idempotency_key from orders'",
    "sql = 'create table orders (id int unique, idempotency_key text)'",
    "log.info('update idempotency dashboards')",
    "log.info('update idempotency set up again')",
    "log.info('Select the answer from idempotency storage and go on')",
    "log.info(f'deleted from idempotency {n}')",
    "log.info(f'{n} rows')  # idempotency",
    '"""delete from idempotency_keys"""',
    'def pay():\n    """insert into idempotency_keys"""',
]


def _identifier(source: str) -> str:
    return " ".join(source.split())[:70]


@pytest.mark.parametrize("source", READS, ids=_identifier)
def test_a_header_that_is_read_is_seen(source: str, tmp_path: Path) -> None:
    found = sites(source, tmp_path, names="HEADER = 'Idempotency-Key'")
    assert [site.what for site in found] == [HEADER]


@pytest.mark.parametrize("source", NO_READS, ids=_identifier)
def test_what_is_no_header_of_a_request_is_none_of_ours(source: str, tmp_path: Path) -> None:
    assert sites(source, tmp_path) == []


@pytest.mark.parametrize("source", STORES, ids=_identifier)
def test_a_store_is_seen_by_its_shape(source: str, tmp_path: Path) -> None:
    (site,) = sites(source, tmp_path)
    assert site.what in {TABLE, CACHE} or site.what.startswith(f"`{site.qualname}` stores keys of its own")


@pytest.mark.parametrize("source", NO_STORES, ids=_identifier)
def test_words_and_other_columns_are_no_store(source: str, tmp_path: Path) -> None:
    assert sites(source, tmp_path) == []


def test_a_model_is_named_once_with_the_line_that_makes_it_unique(tmp_path: Path) -> None:
    source = (
        "class Answered(Base):\n"
        "    __tablename__ = 'idempotency_keys'\n"
        "    idempotency_key = Column(String, unique=True)\n"
        "    __table_args__ = (UniqueConstraint('idempotency_key'),)\n\n"
        "    def of(self, request):\n"
        "        return request.headers['Idempotency-Key']\n"
    )
    model, read = sites(source, tmp_path)
    assert (model.place.line, model.place.column, model.qualname) == (1, 7, "Answered")
    assert model.what == "`Answered` stores keys of its own, unique by line 3"
    assert (read.place.line, read.what, read.qualname) == (7, HEADER, "Answered.of")


def test_one_line_is_named_once(tmp_path: Path) -> None:
    source = "def pay(idempotency_key: Annotated[str, Header(alias='Idempotency-Key')] = Header()): ..."
    assert len(sites(source, tmp_path)) == 1


@pytest.mark.parametrize("file", ["wallet/test_api.py", "wallet/api_test.py", "wallet/conftest.py"])
def test_a_test_file_is_passed_over(file: str, tmp_path: Path) -> None:
    assert sites(READS[0], tmp_path, file=file) == []


HANDED_ON = """\
from idem_runtime import money_moving
from elsewhere import audit


@money_moving(operation="move", key=lambda key: key)
def move(key, amount): ...


def view(request):
    audit(request)
    return move(request.headers["Idempotency-Key"], 1)
"""


HANDED_ON_BY_PARAMETER = HANDED_ON.replace(
    "view(request)", "view(request, idempotency_key: str = Header())"
).replace('request.headers["Idempotency-Key"]', "idempotency_key")


@pytest.mark.parametrize(
    ("source", "line"), [(HANDED_ON, 11), (HANDED_ON_BY_PARAMETER, 9)], ids=["item", "parameter"]
)
def test_a_key_that_is_read_for_a_marked_function_is_not_home_made(
    source: str, line: int, tmp_path: Path
) -> None:
    assert sites(source, tmp_path) == []
    assert [site.place.line for site in sites(source.replace("@money", "#"), tmp_path)] == [line]
