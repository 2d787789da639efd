from flask import blueprints

section = blueprints.Blueprint("relative", __name__)
