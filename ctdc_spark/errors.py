"""The errors a user may meet, in one tree; each class carries the exit code of the command line.

Everything below `CtdcError` is said to the user as one message without a stack trace. A message names the file, the
column or the key, what was found, what is allowed and what to do; it never holds a value from the sensitive data.
Any other exception is a defect of ours and ends with exit code 1.
"""

from __future__ import annotations

EXIT_CRASH = 1


class CtdcError(Exception):
    """An error that is explained to the user; `exit_code` tells schedulers its kind."""

    exit_code = EXIT_CRASH


class SettingsError(CtdcError):
    """The settings cannot be used as they are; holds every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: list[str] | str) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class DataError(CtdcError):
    """The sensitive data cannot be read or cannot be published as asked."""

    exit_code = 2


class EnvironmentProblem(CtdcError):  # noqa: N818 - EnvironmentError is taken
    """Java, Spark or Delta is missing or too old on this machine."""

    exit_code = 2


class PrivacyGateError(CtdcError):
    """The proof failed: something would have been published that may not be."""

    exit_code = 3


class AlreadyPublishedError(CtdcError):
    """A release of this id is already complete in the output place."""

    exit_code = 4


class TakenOverError(CtdcError):
    """A later run of the same release took it over while this one was at work."""

    exit_code = 5
