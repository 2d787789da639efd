from tests.runtime.test_storms import *  # noqa: F403
