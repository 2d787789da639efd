from .settlement import settle

__all__ = ["settle", "state"]


def state():
    return {}
