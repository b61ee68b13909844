"""The errors a user may meet, in one tree; each class carries the exit code of the command line.

    CtdcError                      any error that is explained to the user
      SettingsError            2   the settings cannot be used
      ArgumentError            2   an argument of a function cannot be used
      DataError                2   the data, or the content of a place, cannot be used
      SparkSetupError          2   Java, Spark or Delta is missing or too old
      PrivacyGateError         3   the proof failed; there is no release
      AlreadyPublishedError    4   a release of this id is complete
      TakenOverError           5   a later run of the same release took over

Every `CtdcError` is shown to the user as one message without a stack trace. A message names the file, the column or the
key, what was found, what is allowed and what to do; it never holds a value from the sensitive data. Where a message
names a function's parameter, a command names its own option instead (`cli.naming`). Any other exception is a defect of
this package and ends with exit code 1; a stop by Ctrl-C ends with 130 and says what it found unfinished.
"""

from __future__ import annotations

from collections.abc import Iterable

from ctdc_spark.addresses import hide_in_text

EXIT_CRASH = 1
EXIT_STOPPED = 130
"""As shells have it for what Ctrl-C ended."""

MOST_TOLD = 50
"""The most settings problems listed at once; a file made to be large has more."""

LONGEST_TOLD = 1_000
"""The most characters of each: a problem may repeat a key of any length."""


class CtdcError(Exception):
    """An error that is explained to the user; `exit_code` tells schedulers its kind.

    Its text never holds the secret of an address.

    Attributes:
        parameters: the parameters that the text names, at the beginning of a line (`release_id: found ..`) or in
            parentheses (`(force)`). A settings key of the same name is not one of them.
    """

    exit_code = EXIT_CRASH

    def __init__(self, text: str, *, parameters: Iterable[str] = ()) -> None:
        super().__init__(hide_in_text(text))
        self.parameters = frozenset(parameters)


class StoppedError(KeyboardInterrupt):
    """Somebody stopped a release while a stage was running.

    Attributes:
        stage: its name.
        title: its number and name, as progress shows them.
    """

    def __init__(self, stage: str, title: str) -> None:
        super().__init__(title)
        self.stage, self.title = stage, title


class SettingsError(CtdcError):
    """The settings cannot be used as they are; holds every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: list[str] | str, *, parameters: Iterable[str] = ()) -> None:
        self.problems = [hide_in_text(one) for one in ([problems] if isinstance(problems, str) else problems)]
        told = [one if len(one) <= LONGEST_TOLD else f"{one[:LONGEST_TOLD]}..." for one in self.problems[:MOST_TOLD]]
        left_out = len(self.problems) - len(told)
        more = [f"and {left_out:,} more problems of the settings"] * bool(left_out)
        super().__init__("\n".join([*told, *more]), parameters=parameters)


class ArgumentError(CtdcError, ValueError):
    """An argument of a function cannot be used."""

    exit_code = 2


class DataError(CtdcError):
    """The sensitive data cannot be read or cannot be published as requested."""

    exit_code = 2


class SparkSetupError(CtdcError):
    """Java, Spark or Delta is missing or too old on this machine."""

    exit_code = 2


class PrivacyGateError(CtdcError):
    """The proof failed: something that must not be published would have been."""

    exit_code = 3


class AlreadyPublishedError(CtdcError):
    """A release of this id is already complete in the output place."""

    exit_code = 4


class TakenOverError(CtdcError):
    """A later run of the same release took it over while this one was at work."""

    exit_code = 5
