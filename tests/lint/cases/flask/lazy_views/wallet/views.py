def lazy():
    return {}


def lazy_read():
    return {}


def later():
    return {}
