from __future__ import annotations

import pytest

from ctdc_spark.explorer import PageData
from tests.oracles.explorer_sample import Sample, make_sample


@pytest.fixture(scope="session")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="session")
def page_data(sample: Sample) -> PageData:
    return sample.data
