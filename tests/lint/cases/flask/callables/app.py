from flask import Flask

from wallet import crud, objects, small

app = Flask(__name__)
small.install(app)
objects.install(app)
crud.install(app)
