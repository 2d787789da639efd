from . import views


def add_command(config, name, view):
    config.add_route(name, f"/{name}")
    config.add_view(view, route_name=name, request_method="POST", renderer="json")


def includeme(config):
    config.add_directive("add_command", add_command)
    config.add_command("commanded", views.commanded)
