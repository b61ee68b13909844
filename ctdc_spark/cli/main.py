"""The command line: `ctdc-spark run SETTINGS` and its companions."""

from __future__ import annotations

import sys
from typing import Any

import click

from ctdc_spark.cli.assess import assess
from ctdc_spark.cli.demo import demo, demo_data
from ctdc_spark.cli.exit_codes import exit_code_of
from ctdc_spark.cli.explore import explore
from ctdc_spark.cli.naming import name_options
from ctdc_spark.cli.plan import plan
from ctdc_spark.cli.published import compare, export, sample
from ctdc_spark.cli.run import STAGE_HELP, run, stage_command
from ctdc_spark.cli.settings_file import check, init
from ctdc_spark.cli.tidy import tidy
from ctdc_spark.cli.verify import verify
from ctdc_spark.cli.warm_up import warm_up
from ctdc_spark.errors import CtdcError
from ctdc_spark.version import __version__

EXIT_CODES = """\b
Exit codes: 0 done, 1 crash, 2 settings or data cannot be used,
3 privacy gate failed (there is no release), 4 already published,
5 another run of the same release took over, 130 stopped."""


def main() -> None:
    """Run the command line; errors that a user can fix end as one message, never as a stack trace.

    On success it returns: schedulers that call this function in their own process take any `sys.exit` for a failure.
    """
    if code := exit_code_of(lambda: cli.main(standalone_mode=False)):
        sys.exit(code)


class CommandsInOrder(click.Group):
    """Lists its commands in the order of a first release, which is that of COMMANDS."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors name its options."""
        try:
            return super().invoke(ctx)
        except CtdcError as error:
            name_options(error, self.commands.get(ctx.invoked_subcommand or ""))
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """The names of the commands."""
        return list(self.commands)


@click.group(
    cls=CommandsInOrder,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, package_name="ctdc-spark")
def cli() -> None:
    """Publish sensitive case records safely: synthetic microdata, protected aggregates, and a page to explore both."""


COMMANDS: tuple[click.Command, ...] = (
    *(init, check, plan, run),
    *(stage_command(name) for name in STAGE_HELP),
    *(explore, verify, assess, compare, export, sample, tidy),
    *(demo_data, warm_up, demo),
)
for command in COMMANDS:
    cli.add_command(command)
