from ledger import book

if "__main__" != __name__:
    book("a", 1)
if __name__ == "bank":
    book("a", 1)
if "__main__" in __name__:
    book("a", 1)
if 0 < len(__name__) < 3:
    book("a", 1)
if "__main__":
    book("a", 1)
