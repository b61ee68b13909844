from __future__ import annotations

import threading

import pytest

from ctdc_spark.engine.concurrency import run_concurrently


def test_results_come_in_the_order_of_the_jobs_though_these_wait_for_each_other() -> None:
    second_began = threading.Event()

    def first() -> str:
        assert second_began.wait(10)
        return "first"

    def second() -> str:
        second_began.set()
        return "second"

    assert run_concurrently([first, second]) == ["first", "second"]
    assert run_concurrently([]) == []


def test_a_failure_is_raised_when_all_have_ended() -> None:
    ended = []

    def fail() -> None:
        raise ValueError("the first that failed")

    with pytest.raises(ValueError, match="the first that failed"):
        run_concurrently([fail, lambda: ended.append("other")])
    assert ended == ["other"]
