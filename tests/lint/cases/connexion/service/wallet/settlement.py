def settle():
    return {}
