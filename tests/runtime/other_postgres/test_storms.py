from tests.runtime.test_storms import (  # noqa: F401 - run here once more
    test_two_hundred_callers_in_threads_tasks_and_processes_make_one_effect,
)
