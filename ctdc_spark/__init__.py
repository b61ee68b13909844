"""Publish sensitive case microdata safely, on Spark: synthetic records, protected counts, and a page to explore both.

    import ctdc_spark as ctdc

    settings = ctdc.load_settings("settings.yaml", {"seed": 7})  # or ctdc.Settings(...): every error at once
    publisher = ctdc.Publisher(spark, settings)  # or Publisher.from_dataframe(spark, cases, settings)
    publisher.check()  # what would be refused, what deserves a second look
    publisher.plan(cores=16)  # what it will take
    release = publisher.run()  # or prepare() and publish(), under two identities
    publisher.verify().require()  # prove it again, on the sensitive data

    release = ctdc.open_release(spark, "main.ctdc")  # needs no settings and nothing sensitive
    release.count({"gender": "Woman"})  # a protected count, or a note that it is withheld
    release.explore()  # the page

`Publisher` works on the sensitive side, `Release` on the readers' side. Every error a user can fix is a `CtdcError`.
The names below are the public ones; each is loaded on first use, so importing this package loads neither Spark nor
anything else that is large. The other rooms, in the order in which a release flows:

    settings -> cases -> combinations -> synthesis -> evaluation -> proof -> release -> explorer

* `settings` holds what was requested; it does not use Spark.
* `cases` turns raw tables into distinct weighted records of attribute ids.
* `combinations` counts all short attribute combinations and protects the counts.
* `synthesis` makes k-synthetic records from protected information.
* `evaluation` measures how faithful the synthetic records are.
* `proof` establishes that every published record and count keeps the guarantee.
* `release` owns the published Delta tables and is the only writer of them.
* `explorer` makes the page in which people look at the result.

`protections` says what each way of protecting people does at each step, `pipeline` runs the steps in order, and `cli`
is the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ctdc_spark.version import __version__

if TYPE_CHECKING:
    from ctdc_spark.api.load import load_settings as load_settings
    from ctdc_spark.api.publisher import Publisher as Publisher
    from ctdc_spark.api.release import Release as Release
    from ctdc_spark.api.release import open_release as open_release
    from ctdc_spark.api.synthesizers import register_synthesizer as register_synthesizer
    from ctdc_spark.engine.session import local_session as local_session
    from ctdc_spark.errors import AlreadyPublishedError as AlreadyPublishedError
    from ctdc_spark.errors import ArgumentError as ArgumentError
    from ctdc_spark.errors import CtdcError as CtdcError
    from ctdc_spark.errors import DataError as DataError
    from ctdc_spark.errors import PrivacyGateError as PrivacyGateError
    from ctdc_spark.errors import SettingsError as SettingsError
    from ctdc_spark.settings.settings import Settings as Settings

_WHERE = {
    "load_settings": "api.load",
    "Settings": "settings.settings",
    "Publisher": "api.publisher",
    "open_release": "api.release",
    "Release": "api.release",
    "register_synthesizer": "api.synthesizers",
    "local_session": "engine.session",
    "CtdcError": "errors",
    "SettingsError": "errors",
    "DataError": "errors",
    "ArgumentError": "errors",
    "PrivacyGateError": "errors",
    "AlreadyPublishedError": "errors",
}
"""The module of each public name."""

__all__ = [
    "AlreadyPublishedError",
    "ArgumentError",
    "CtdcError",
    "DataError",
    "PrivacyGateError",
    "Publisher",
    "Release",
    "Settings",
    "SettingsError",
    "__version__",
    "load_settings",
    "local_session",
    "open_release",
    "register_synthesizer",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'ctdc_spark' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"ctdc_spark.{_WHERE[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
