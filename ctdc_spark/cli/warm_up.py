"""The command `warm-up`: a machine prepared for local mode."""

from __future__ import annotations

import click

from ctdc_spark.cli.printing import report


@click.command("warm-up", short_help="Prepare this machine for faster starts in local mode.")
def warm_up() -> None:
    """Prepare this machine for local mode, once: fetch Delta's jars, and make later starts faster.

    Makes a small release of artificial case records in a scratch folder and keeps an archive of the Java classes it
    loaded. Optional; it can be repeated at any time.
    """
    import tempfile

    from ctdc_spark.engine.class_archive import record_classes
    from ctdc_spark.engine.delta_jars import CLASS_PATH
    from ctdc_spark.engine.session import local_session, require_java, start_settings

    report("preparing this machine: jars and an archive of Java classes (about a minute) ...", err=True)
    java = require_java()
    if CLASS_PATH not in start_settings(java):
        local_session().stop()  # fetches the jars
    class_path = start_settings(java).get(CLASS_PATH, "")
    with tempfile.TemporaryDirectory() as scratch:
        path = record_classes(java, class_path, ["demo", f"{scratch}/demo", "--records", "1000"])
    report(f"done: {path}", err=True)
