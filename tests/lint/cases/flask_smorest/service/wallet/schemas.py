import marshmallow as ma


class Transfer(ma.Schema):
    amount = ma.fields.Integer()
