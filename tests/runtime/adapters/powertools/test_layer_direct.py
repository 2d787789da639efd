"""Somebody calls the layer by themselves, without Powertools' decorators."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from idem_runtime import ConfigurationError, LeaseLost
from idem_runtime.adapters.powertools import PostgresPersistenceLayer
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, config


class TestWithoutAHandler:
    """Somebody calls the layer by themselves: Powertools' own rules hold, and contexts stay apart."""

    def test_the_whole_way(self, ours: Subject) -> None:
        layer: PostgresPersistenceLayer = ours.layer
        layer.configure(config(), "pay")
        assert layer.function_name == "test-func.pay"
        layer.save_inprogress(PAYMENT, 1000)
        layer.save_success(PAYMENT, {"a": 1})
        assert layer.get_record(PAYMENT).response_json_as_dict() == {"a": 1}
        layer.save_inprogress({"id": "2"}, 1000)
        layer.delete_record({"id": "2"}, ValueError())
        layer.delete_record({"id": "3"}, ValueError())  # nothing was claimed
        assert ours.statuses == ["COMPLETED"]
        assert dict(layer.claims) == {}
        assert len(layer.claims) == 0

    def test_a_second_configuration_is_refused_because_it_would_be_ignored(self, ours: Subject) -> None:
        ours.layer.configure(config(), "pay")
        ours.layer.configure(config(), "refund")
        ours.layer.save_inprogress(PAYMENT, 1000)
        ours.layer.configure(config(event_key_jmespath="id"), "pay")
        with pytest.raises(ConfigurationError, match="a layer for each"):
            ours.layer.save_inprogress(PAYMENT, 1000)

    def test_what_a_call_has_claimed_or_done_is_found_by_its_function_s_name(self, ours: Subject) -> None:
        pay = ours.function()
        pay(payment=PAYMENT)
        assert ours.layer.get_record(PAYMENT).response_json_as_dict() == {"run": 1}
        ours.layer.save_inprogress({"id": "2"}, 60_000)
        assert isinstance(ours.attempt(pay, {"id": "2"}), IdempotencyAlreadyInProgressError)

    def test_what_is_done_is_forgotten_on_demand_and_what_runs_is_not(
        self, ours: Subject, caplog: pytest.LogCaptureFixture
    ) -> None:
        pay = ours.function(lambda payment: ours.layer.delete_record(payment, ValueError()))
        pay(payment=PAYMENT)
        assert ours.statuses == ["COMPLETED"]
        ours.layer.delete_record(PAYMENT, ValueError())
        assert ours.statuses == []
        assert "deleted by hand" in caplog.text

    @pytest.mark.parametrize("removed_elsewhere", [False, True])
    def test_what_is_forgotten_is_in_no_local_cache_of_the_layer_either(
        self, ours: Subject, *, removed_elsewhere: bool
    ) -> None:
        settings = [config(use_local_cache=True, local_cache_max_items=size) for size in (8, 9)]
        cached = [ours.function(config=setting) for setting in settings]
        assert [pay(payment=PAYMENT) for pay in cached] == [{"run": 1}] * 2
        if removed_elsewhere:
            ours.sql("DELETE FROM {table}")
        ours.layer.configure(settings[0], f"{ours.function.__module__}.pay")
        ours.layer.delete_record(PAYMENT, ValueError())
        assert [pay(payment=PAYMENT) for pay in cached] == [{"run": 2}] * 2

    def test_contexts_have_their_own_names_and_claims(self, ours: Subject) -> None:
        layer = ours.layer
        layer.configure(config(), "pay")
        layer.save_inprogress(PAYMENT, 1000)
        copy_context().run(layer.configure, config(), "refund")
        assert layer.function_name == "test-func.pay"
        ours.layer.save_success(PAYMENT, {})
        assert ours.statuses == ["COMPLETED"]

    def test_without_a_key_there_is_no_record(self, ours: Subject) -> None:
        ours.layer.configure(config(event_key_jmespath="missing"), "pay")
        with pytest.warns(UserWarning, match="No idempotency key"):
            assert ours.layer.get_record(PAYMENT) is None

    def test_the_first_function_of_a_thread_may_use_it(self, ours: Subject) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(ours.layer.configure, config(), "pay").result()
        assert ours.layer.configured

    def test_a_name_that_changed_meanwhile_completes_nobody_s_record(self, ours: Subject) -> None:
        ours.layer.configure(config(), "pay")
        ours.layer.save_inprogress(PAYMENT, 60_000)
        ours.layer.configure(config(), "refund")
        with pytest.raises(LeaseLost):
            ours.layer.save_success(PAYMENT, {})
        assert ours.statuses == ["INPROGRESS"]

    def test_nothing_claimed_is_nothing_to_complete(self, ours: Subject) -> None:
        with pytest.raises(Exception, match="nothing was claimed"):
            ours.layer._update_record(data_record=DataRecord("k", "COMPLETED", response_data="1"))

    def test_a_call_is_found_through_what_stands_between(self, ours: Subject) -> None:
        def traced(function: Any) -> Any:
            def call(data: Any, remaining_time_in_millis: Any) -> Any:
                return function(data, remaining_time_in_millis)

            return call

        ours.layer.save_inprogress = traced(ours.layer.save_inprogress)
        inner = ours.function(lambda payment: "inner", name="inner")
        outer = ours.function(lambda payment: ours.attempt(inner), name="outer")
        assert [ours.attempt(outer), ours.attempt(outer)] == ["inner", "inner"]
        assert ours.statuses == ["COMPLETED", "COMPLETED"]
