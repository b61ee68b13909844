"""Where an error names a function's parameter, a command names its own option or argument instead."""

from __future__ import annotations

import re
from typing import Any

import click

from ctdc_spark.errors import CtdcError


def name_options(error: CtdcError, command: click.Command | None) -> None:
    """Replace the parameters named in an error's text with the options of the command that was run.

    A parameter stands at the beginning of a line before a colon, or in parentheses; one for which the command has no
    option stays as it is.

    Example:
        >>> error = CtdcError("release_id: found r9; or replace it (force)", parameters=["release_id", "force"])
        >>> name_options(error, click.Command("run", params=[click.Option(["--release-id"])]))
        >>> str(error)
        '--release-id: found r9; or replace it (force)'
    """
    text = str(error)
    for parameter in command.params if command is not None else ():
        if parameter.name in error.parameters:
            name = re.escape(parameter.name)
            text = re.sub(rf"(?m)^{name}(?=: )|(?<=\(){name}(?=\))", _said(parameter), text)
    error.args = (text,)


class NamingCommand(click.Command):
    """A command whose errors name its own options."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CtdcError as error:
            name_options(error, self)
            raise


def _said(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name
