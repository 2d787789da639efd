from functools import wraps

from flask import abort, request


def login_required(view):
    @wraps(view)
    def checked(*args, **kwargs):
        if "Authorization" not in request.headers:
            abort(401)
        return view(*args, **kwargs)

    return checked


def scope(*needed):
    def decorate(view):
        @wraps(view)
        def checked(*args, **kwargs):
            return view(*args, **kwargs)

        checked.needed = needed
        return checked

    return decorate
