from tornado.routing import HostMatches, PathMatches, Rule, RuleRouter
from tornado.web import Application

from wallet import handlers

inner = Application([(r"/inner/wallet", handlers.Inner)])


class BankApplication(Application):
    def __init__(self) -> None:
        routes = [(r"/wallet/subclassed", handlers.Subclassed)]
        routes += handlers.ROUTES
        routes.append((r"/wallet/appended", handlers.Appended))
        super().__init__(routes, debug=False)


app = BankApplication()
app.add_handlers(r"rail\.bank\.example", [(r"/wallet/added", handlers.Added)])
app.wildcard_router.add_rules([Rule(PathMatches("/wallet/ruled"), handlers.Ruled)])
app.default_router.add_rules(
    [Rule(HostMatches("old.bank.example"), RuleRouter([Rule(PathMatches("/inner.*"), inner)]))]
)
