import bottle

import wallet.pages  # noqa: F401
import wallet.views  # noqa: F401

app = bottle.default_app()
