"""Linkability and attribute inference, by the attackers of the library anonymeter.

Linkability: somebody knows one half of the columns of a person from one source and the other half from another, and
takes both for one person if they are near the same synthetic record. Inference: somebody knows all columns but one, and
takes the missing value from the nearest synthetic record. The library's own rate of guessing without looking is not
used for inference: it compares values of rows that do not belong together. The naive attacker here guesses the value
most common among people held out.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdc_spark.assessment.rates import Attack, compare_successes
from ctdc_spark.errors import SparkSetupError

if TYPE_CHECKING:
    from ctdc_spark.assessment.samples import Codes, Samples

MOST_SYNTHETIC = 20_000
"""The most synthetic records that the library looks at: it compares each with each target."""

NEIGHBOURS = 10
"""How many nearest records a linking attacker looks at: with one, ties between equal records decide."""


def require_anonymeter() -> None:
    """Make sure that the library is there.

    Raises:
        SparkSetupError: it is not.
    """
    try:
        import anonymeter.evaluators  # noqa: F401 - only whether it is there
    except ImportError:
        raise SparkSetupError(
            "the attacks linkability and inference need the package anonymeter, which is not installed here. Install "
            "ctdc-spark[assess] into an environment of its own, since it needs older versions of numpy and pyarrow, "
            "or ask for membership alone (attacks)",
            parameters=["attacks"],
        ) from None


def attack_linkability(samples: Samples, attempts: int) -> Attack:
    """Link the even to the odd features of training records, and of records held out."""
    from anonymeter.evaluators import LinkabilityEvaluator

    training, held_out, synthetic = _frames(samples, attempts)
    names = list(training.columns)
    evaluator = LinkabilityEvaluator(
        training,
        synthetic,
        (names[0::2], names[1::2]),
        n_attacks=len(training),
        n_neighbors=min(NEIGHBOURS, len(synthetic)),
        control=held_out,
    )
    found = _evaluate(evaluator)
    naive = found.n_baseline / len(training)
    return compare_successes(("linkability", None), (found.n_success, found.n_control), len(training), naive)


def attack_inference(samples: Samples, column: int, name: str, attempts: int) -> Attack:
    """Guess one column of training records, and of records held out, from all others."""
    from anonymeter.evaluators import InferenceEvaluator

    feature = samples.feature_of(column)
    training, held_out, synthetic = _frames(samples, attempts)
    secret = f"f{feature}"
    known = [known for known in training.columns if known != secret]
    evaluator = InferenceEvaluator(
        training, synthetic, aux_cols=known, secret=secret, n_attacks=len(training), control=held_out
    )
    found = _evaluate(evaluator)
    successes = int(found.n_success), int(found.n_control)
    common = np.argmax(np.bincount(samples.held_out[:, feature]))
    naive = float((samples.training[: len(training), feature] == common).mean())
    return compare_successes(("inference", name), successes, len(training), naive)


def _frames(samples: Samples, attempts: int) -> tuple[Any, Any, Any]:
    """(training, held_out, synthetic) as pandas tables of text; equally many of the first two."""
    size = min(attempts, len(samples.training), len(samples.held_out))
    parts = (samples.training[:size], samples.held_out[:size], samples.synthetic[:MOST_SYNTHETIC])
    training, held_out, synthetic = (_frame(part) for part in parts)
    return training, held_out, synthetic


def _frame(codes: Codes) -> Any:
    import pandas as pd

    return pd.DataFrame({f"f{i}": codes[:, i].astype(str) for i in range(codes.shape[1])})


def _evaluate(evaluator: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an attack no better than guessing is the hoped-for result
        return evaluator.evaluate(n_jobs=1).results(confidence_level=0.95)
