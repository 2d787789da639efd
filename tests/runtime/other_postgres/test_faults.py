from tests.runtime.test_faults import *  # noqa: F403
