"""A small client library in the style of uplink: ``@post`` makes a method that sends a request."""

import functools

import requests


class Consumer:
    base = "https://partner.example"


def _sends(method, path):
    def decorate(function):
        @functools.wraps(function)
        def send(self, *args, **kwargs):
            return requests.request(method, self.base + path, json=kwargs, timeout=3)

        return send

    return decorate


def post(path):
    return _sends("POST", path)


def get(path):
    return _sends("GET", path)


def route(path, methods=("GET",)):
    return _sends(methods[0], path)
