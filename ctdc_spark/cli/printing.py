"""The one way in which commands print: no line of theirs holds the secret of an address."""

from __future__ import annotations

import click

from ctdc_spark.addresses import hide_in_text


def report(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text, on standard error if `err`; addresses in it lose user, password and token."""
    click.echo(hide_in_text(text), err=err, nl=nl)
