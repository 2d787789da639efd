from .typed_router import api

post_json, read_json = api.post, api.get
