from .sections import late, money
from .sections import money as default_section
from .sections import post


def mount(app):
    app.register_blueprint(late, url_prefix="/wallet/late")


__all__ = ["default_section", "late", "money", "mount", "post"]
