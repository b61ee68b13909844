"""Look at case records and say what a release of them will take; nothing is computed or written.

The input is read once for its attributes and once or twice for each depth of the counting plan. What is collected is
what the run itself would collect to plan its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.combinations.counting import foresee_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_count
from ctdc_spark.forecast.forecast import Forecast, Workload, forecast_release
from ctdc_spark.settings.settings import longest_combination

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings


def foresee_work(spark: SparkSession, settings: Settings, *, times: int = 1, cores: int) -> Forecast:
    """Say what a release will take.

    Args:
        spark: the session.
        settings: the validated settings.
        times: forecast for data with `times` times as many records like these.
        cores: cores that will work at once.

    Raises:
        DataError: the data cannot be read or used.
    """
    packed = pack_cases(prepare_input(spark, settings, check_first=True).cases)
    # in data `times` times larger, a value is frequent if at least threshold / times subjects hold it today
    dictionary, exact = count_attributes(packed, -(-settings.threshold // times), settings.precision)
    limits = Limits(settings.threshold, longest_combination(settings))
    counting, expected = foresee_counting(encode_cases(packed, dictionary, exact.subjects), limits, times)
    workload = Workload(
        subjects=protect_count(exact.subjects * times, settings.threshold, settings.precision) or 0,
        columns=len(dictionary.columns),
        counting=counting,
        combinations=tuple(int(number) for number in expected.round()),
        cores=cores,
    )
    return forecast_release(workload)
