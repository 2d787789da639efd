import abc


class Plugin(abc.ABC):
    prefix = "/wallet/plugins"

    def init_app(self, app):
        for rule, verb, view in self.routes():
            app.add_url_rule(f"{self.prefix}{rule}", view_func=view, methods=[verb])

    @abc.abstractmethod
    def routes(self):
        """Rule, verb and view of every route."""


class Fees(Plugin):
    def routes(self):
        return [("/fees", "POST", self.book_fee), ("/fees", "GET", self.fees)]

    def book_fee(self):
        return {}

    def fees(self):
        return []


class Rebates(Plugin):
    def routes(self):
        yield "/rebates", "POST", self.book_rebate
        yield "/rebates", "GET", self.rebates

    def book_rebate(self):
        return {}

    def rebates(self):
        return []


PLUGINS = [Fees, Rebates]
