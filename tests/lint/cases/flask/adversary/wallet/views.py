def lazy():
    return {}


def lazy_read():
    return {}
