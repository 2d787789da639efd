from tests.runtime.test_faults import (  # noqa: F401 - run here once more
    test_a_cut_connection_leaves_exactly_one_effect,
    test_an_external_call_is_never_made_twice_after_a_lost_connection,
    test_the_points_are_the_round_trips_of_an_undisturbed_run,
)
