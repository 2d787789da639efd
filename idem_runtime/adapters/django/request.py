"""What a Django request carries into the application, and how it is read and put back."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.http import HttpRequest
from django.urls import get_resolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import LocalePrefixPattern, ResolverMatch
from django.utils.functional import SimpleLazyObject, empty

from idem_runtime.adapters.http.request import check_headers
from idem_runtime.errors import TOO_LARGE, BodyTooLarge, IdempotencyError
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request

_SUFFIX = re.compile(r"(?:<drf_format_suffix\w*:\w+>|\\\.\(\?P<\w+>[^()]*(?:\([^()]*\))?\)/\?)\$?$")
"""What REST framework's ``format_suffix_patterns`` puts behind a route."""
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)")
_CACHED_USERS = ("_cached_user", "_acached_user")


def head(request: HttpRequest, match: ResolverMatch) -> Request:
    """The request without its body."""
    # Where the application is mounted may be the program's own business or nobody's, which nothing tells apart: a key that
    # comes in under another mount is refused, neither replayed nor run.
    mount = request.META.get("SCRIPT_NAME", "")
    named = {name: value for name, value in match.kwargs.items() if not _is_format(name, match)}
    params = [*((str(place), value) for place, value in enumerate(match.args)), *named.items()]
    return Request(
        method=str(request.method),
        path=request.path,
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        path_params=(*((("", mount),) if mount else ()), *((name, str(value)) for name, value in params)),
        query=tuple((name, value) for name, values in request.GET.lists() for value in values),
    )


def template(request: HttpRequest, match: ResolverMatch) -> str:
    """The route, without what says the same of one operation: language, format suffix, a slash at its end."""
    route = match.route
    for prefix in _language_prefixes(request, match):
        route = route.removeprefix(prefix)
    return plain_route(route)


def plain_route(route: str) -> str:
    """``route`` without format suffix and the signs of regular expressions, one slash before it and none behind."""
    plain = _GROUP.sub(r"<\1>", _SUFFIX.sub("", route).replace("\\Z", ""))
    return "/" + re.sub(r"(^|/)\^", r"\1", plain).removesuffix("$").strip("/")


def _is_format(name: str, match: ResolverMatch) -> bool:
    suffix = _SUFFIX.search(match.route)
    return suffix is not None and re.search(rf"[<:]{name}>", suffix[0]) is not None


def _language_prefixes(request: HttpRequest, match: ResolverMatch) -> Iterator[str]:
    for pattern in get_resolver(getattr(request, "urlconf", None)).url_patterns:
        prefix = pattern.pattern
        if isinstance(prefix, LocalePrefixPattern) and match.route.startswith(prefix.language_prefix):
            with suppress(Resolver404):
                below: Any = pattern.resolve(request.path_info.removeprefix("/"))
                if below.func is match.func:
                    yield prefix.language_prefix


def body(request: HttpRequest, mark: MoneyMoving, given: Request, cap: int) -> bytes | None:
    """The whole body, whoever has read it already; nothing where the key is no good, ``None`` where a form was parsed.

    :raises BodyTooLarge: it is over ``cap``, announced or read.
    """
    try:
        check_headers(mark, given)
    except IdempotencyError:
        return b""  # the admission says it, after the application's own authentication
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > cap:
        raise BodyTooLarge(TOO_LARGE.format(cap))
    state = vars(request)
    if "_body" in state:
        whole: bytes = state["_body"]
    elif not state["_read_started"]:  # below Django's own limit, which is for what it keeps in memory
        stream = state["_stream"]
        whole = stream.read(cap + 1)
        if stream.seekable():  # a file, which Django closes
            stream.seek(0)
        else:
            state["_stream"] = BytesIO(whole)
    else:
        return None  # with its files: see `parsed`
    if len(whole) > cap:
        raise BodyTooLarge(TOO_LARGE.format(cap))
    return whole


def parsed(request: HttpRequest, given: Request) -> Request:
    """``given`` with the form that was parsed, as a body that compares as the one that was sent does."""
    parts: list[tuple[str, bytes]] = []
    for name, values in request.POST.lists():
        parts += [(f'form-data; name="{name}"', str(value).encode()) for value in values]
    heads = [f"Content-Disposition: {disposition}\r\n" for disposition, _ in parts]
    contents = [content for _, content in parts]
    for name, files in request.FILES.lists():
        for file in files:
            kind = f"Content-Type: {file.content_type}\r\n" if file.content_type else ""
            heads.append(f'Content-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n{kind}')
            contents.append(file.read())
            file.seek(0)
    boundary = hashlib.sha256(b"".join(contents)).hexdigest()
    pairs = zip(heads, contents, strict=True)
    whole = b"".join(f"--{boundary}\r\n{text}\r\n".encode() + content + b"\r\n" for text, content in pairs)
    headers = [pair for pair in given.headers if pair[0] != "content-type"]
    headers.append(("content-type", f"multipart/form-data; boundary={boundary}"))
    made = Request(given.method, given.path, tuple(headers), given.path_params, given.query)
    return made.with_body(whole + f"--{boundary}--\r\n".encode())


class Entry:
    """What a request carries into the application, for every way through it to start alike."""

    def __init__(self, request: HttpRequest, whole: bytes | None) -> None:
        """As it is now: attributes, session, messages; ``whole``: the body, ``None`` where a form was parsed."""
        self._request = request
        self._body = whole
        self._state: dict[str, Any] = dict(vars(request))
        self._meta = dict[str, Any](self._state["META"])
        self._kept = {
            name: _copied(_attributes(self._state[name]))
            for name in ("session", "_messages")
            if name in self._state
        }

    def restore(self) -> None:
        """As it was; who is logged in is asked anew, because the object that was made of it has been changed."""
        state = vars(self._request)
        _put_back(state, self._state)
        _put_back(self._request.META, self._meta)
        for name in _CACHED_USERS:
            state.pop(name, None)
        for name, value in self._state.items():
            if isinstance(value, SimpleLazyObject):
                inner = vars(value)
                if inner["_wrapped"] is not empty:
                    state[name] = SimpleLazyObject(inner["_setupfunc"])
        for name, kept in self._kept.items():
            _put_back(_attributes(self._state[name]), _copied(kept))
        if self._body is not None:  # Django closes what it has read
            state["_stream"] = BytesIO(self._body)
        for file in _files(state.get("_files")):
            file.seek(0)


def _attributes(of: object) -> dict[str, Any]:
    attributes: dict[str, Any] = vars(of)
    return attributes


def _put_back(content: dict[str, Any], before: dict[str, Any]) -> None:
    """``content`` as it was ``before``; it stays the same object."""
    content.clear()
    content.update(before)


def _files(parsed: Any) -> list[Any]:
    """The files of a form."""
    return [] if parsed is None else [file for _, files in parsed.lists() for file in files]


def _copied(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a session or of messages; what is no plain value (the request) is shared."""
    plain = [name for name, value in attributes.items() if isinstance(value, dict | list | set)]
    return attributes | {name: copy.deepcopy(attributes[name]) for name in plain}
