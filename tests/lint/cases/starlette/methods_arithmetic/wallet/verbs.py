METHODS = ["GET", "POST", "PUT"]
PAIR = ("GET", "POST")
SAFE = frozenset({"GET", "HEAD"})
GROWN = ["GET", "PUT"]
GROWN.append("POST")
TABLE = {"GET": "read", "POST": "write"}
CHOSEN = PAIR if len(METHODS) > 2 else ["GET", "POST"]
