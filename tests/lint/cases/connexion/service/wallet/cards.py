def order():
    return {}, 201


def show():
    return []
