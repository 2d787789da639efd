from tests.lint.front.conftest import shell

__all__ = ["shell"]
