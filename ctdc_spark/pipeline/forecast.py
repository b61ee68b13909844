"""Say what a release will take, before it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ctdc_spark.errors import SettingsError
from ctdc_spark.protections.protection import Forecasts, choose_protection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.forecast.request import ForecastRequest
    from ctdc_spark.protections.protection import Foreseen
    from ctdc_spark.settings import Settings


def foresee_release(open_session: Callable[[], SparkSession], settings: Settings, request: ForecastRequest) -> Foreseen:
    """Say what a release will take; nothing is computed or written.

    Args:
        open_session: opens a session; not called where nothing has to be read.
        settings: the validated settings.
        request: for which data, and on how many cores.

    Raises:
        SettingsError: such a release, or what is requested of it, cannot be forecast; the message names the parameter.
        DataError: the data cannot be read or used.
    """
    protection = choose_protection(settings)
    if not isinstance(protection, Forecasts):
        raise SettingsError(f"{protection.found}, for which nothing can be forecast; allowed with `plan`: case records")
    return protection.forecast(open_session, settings, request)
