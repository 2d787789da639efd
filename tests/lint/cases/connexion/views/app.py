import connexion
from connexion.resolver import MethodResolver, MethodViewResolver

app = connexion.App(__name__)
app.add_api("flask_views.yaml", resolver=MethodViewResolver("wallet.flask_views"))
app.add_api("plain_views.yaml", resolver=MethodResolver("wallet.plain_views"), base_path="/plain")
