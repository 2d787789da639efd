READ = ["GET"]
WRITE = ("POST",)
BOTH = [*READ, *WRITE]
CHANGE = {"PUT", "PATCH"}
POST_ONLY = {"methods": ["POST"]}


class Verb:
    READ = ("GET",)
    CREATE = ("POST",)


TABLE = {"create": ["POST"], "read": ["GET"]}
