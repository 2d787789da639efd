import quart as q

from wallet.desk import Desk
from wallet.sections import Section, api, book

app = q.Quart(__name__)
Desk(app).open()
app.register_blueprint(api)
app.register_blueprint(book)
