def book():
    return {}, 201


def page():
    return {}
