from flask import *

section = Blueprint("star", __name__)


@section.post("/star")
def from_a_star():
    return jsonify({})
