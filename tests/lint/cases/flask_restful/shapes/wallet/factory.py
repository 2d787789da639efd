from flask_restful import Resource


def make_resource(kind):
    class Generic(Resource):
        def get(self):
            return {"kind": kind}

        def post(self):
            return {"kind": kind}, 201

    return Generic
