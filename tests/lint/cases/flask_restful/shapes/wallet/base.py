from flask_restful import Resource


class Base(Resource):
    pass


class Readable(Base):
    def get(self):
        return {}
