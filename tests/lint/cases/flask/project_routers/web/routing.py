from functools import wraps

from flask import Blueprint as FlaskBlueprint

from idem_runtime import money_moving


class Blueprint(FlaskBlueprint):
    """Under the framework's own name, with a version in every path."""

    def route(self, rule, **options):
        return super().route(f"/v1{rule}", **options)

    def command(self, rule, **options):
        return self.route(rule, methods=["POST"], **options)

    def query(self, rule, **options):
        return self.route(rule, methods=["GET"], **options)

    def money(self, rule):
        """Applies the mark and the route."""

        def decorate(view):
            self.add_url_rule(f"/v1{rule}", view_func=money_moving(view), methods=["POST"])
            return view

        return decorate


class Endpoints:
    """Only delegates: no base class of Flask's."""

    def __init__(self, name, prefix):
        self._section = FlaskBlueprint(name, __name__, url_prefix=prefix)

    def post(self, path):
        return self._section.post(path)

    def get(self, path):
        return self._section.get(path)

    def on(self, path, *methods):
        def decorate(view):
            @wraps(view)
            def logged(*args, **kwargs):
                return view(*args, **kwargs)

            self._section.add_url_rule(path, view_func=logged, methods=methods)
            return view

        return decorate

    def mount(self, app):
        app.register_blueprint(self._section)


class Rpc:
    """Collects first, registers later: one POST for each operation."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.operations = {}

    def operation(self, view):
        self.operations[view.__name__] = view
        return view

    def mount(self, app):
        for name, view in self.operations.items():
            app.add_url_rule(f"{self.prefix}/{name}", view_func=view, methods=["POST"])
