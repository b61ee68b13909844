"""What a command tells a person and a scheduler when it ends."""

from __future__ import annotations

import logging

import click
import pytest

from ctdc_spark.cli.exit_codes import exit_code_of
from ctdc_spark.errors import EXIT_CRASH, EXIT_STOPPED, DataError, StoppedError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("IOException: No space left on device", "no space left on a device"),
        ("Job aborted: ExecutorLostFailure (executor 3 exited caused by one of the tasks)", "spark.executor.memory"),
        ("Caused by: java.lang.OutOfMemoryError: Java heap space", "spark.executor.memory"),
        ("Python worker exited unexpectedly (crashed)", "spark.executor.memoryOverhead"),
        ("secret value 17", "crash: RuntimeError"),
    ],
)
def test_a_crash_is_named_by_its_cause_and_never_by_its_words(
    said: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash() -> None:
        raise RuntimeError(f"in row 'Maria': {said}")

    assert exit_code_of(crash) == EXIT_CRASH
    printed = capsys.readouterr().err
    assert told in printed
    assert "Maria" not in printed
    assert "secret" not in printed


def test_an_error_of_ours_is_said_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise DataError("cases.csv: no column 'k'")

    assert exit_code_of(refuse) == DataError.exit_code
    assert capsys.readouterr().err == "error: cases.csv: no column 'k'\n"
    assert exit_code_of(lambda: None) == 0


@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (StoppedError("synthesis", "3/7 synthesis"), "stopped in 3/7 synthesis: nothing was published. Run the "),
        (StoppedError("release", "6/7 release"), "stopped in 6/7 release: the release counts as published only if "),
        (StoppedError("explore", "7/7 explore"), "stopped in 7/7 explore: the release is published, but its page "),
        (KeyboardInterrupt(), "stopped before it was done; run the command again"),
        (click.Abort(), "stopped before it was done; run the command again"),
    ],
)
def test_what_a_person_stops_says_what_it_left(
    stop: BaseException, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest has some of its own

    def stopped() -> None:
        logging.exception("KeyboardInterrupt while sending command, of Maria")
        raise stop

    @click.command()
    def command() -> None:
        stopped()

    assert exit_code_of(stopped) == EXIT_STOPPED
    printed = capsys.readouterr().err
    assert printed.startswith(told)
    assert printed.count("\n") == 1
    assert logging.getLogger().handlers == []
    assert exit_code_of(lambda: command.main([], standalone_mode=False)) == EXIT_STOPPED
    assert told in capsys.readouterr().err
