"""The release: plan it, show the plan, run the stages in order.

Every stage reads what the one before left in the workspace and can run as a job of its own. `proof` is the last that
reads anything sensitive. Only `release` and `explore` touch the published place; `release` writes the ledger's row
last, and that row is what makes it complete.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ctdc_spark.errors import StoppedError
from ctdc_spark.io import files
from ctdc_spark.pipeline.check import require_page_inputs
from ctdc_spark.pipeline.identity import identify
from ctdc_spark.pipeline.jobs import stage_names
from ctdc_spark.pipeline.proof import run_proof
from ctdc_spark.pipeline.publish import PublishingContext, require_unpublished, run_explore, run_release
from ctdc_spark.protections.context import StageContext
from ctdc_spark.protections.protection import Protection, choose_protection
from ctdc_spark.release.documents import LAST_DOCUMENT, documents_folder
from ctdc_spark.release.ledger import find_release
from ctdc_spark.release.table_location import TableLocation, require_free_or_ours
from ctdc_spark.storage.staging import Staging
from ctdc_spark.storage.workspace import Workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.pipeline.progress import Progress
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageFigures, StageResult


@dataclass(frozen=True)
class Stage:
    """A step of the release on the sensitive side: its name, and what the protection does in it."""

    name: str
    run: Callable[[Protection, StageContext], StageFigures]


@dataclass(frozen=True)
class PublishingStage:
    """A step that may run under an identity that can read nothing sensitive: it does not know where that lies."""

    name: str
    describe: Callable[[Settings], str]
    run: Callable[[PublishingContext], StageFigures]


AnyStage = Stage | PublishingStage

STAGES: tuple[AnyStage, ...] = (
    Stage("cases", lambda protection, context: _finish(context, protection.encode(context))),
    Stage("combinations", lambda protection, context: _finish(context, protection.count(context))),
    Stage("synthesis", lambda protection, context: _finish(context, protection.synthesize(context))),
    Stage("evaluation", lambda protection, context: _finish(context, protection.evaluate(context))),
    Stage("proof", run_proof),
    PublishingStage(
        "release", lambda s: f"publish into {TableLocation.of(s).name('<table>')}, ledger last", run_release
    ),
    PublishingStage("explore", lambda _: "write the page to open in a browser", run_explore),
)


def _finish(context: StageContext, result: StageResult) -> StageFigures:
    """Record that a stage is complete; its figures go to the progress line."""
    context.workspace.finish_stage(result)
    return result.figures


def stage_named(name: str) -> AnyStage:
    """The stage of this name."""
    return next(stage for stage in STAGES if stage.name == name)


def stages_of_job(name: str) -> Sequence[AnyStage]:
    """The stages that a job runs, as `stage_names` has them."""
    return tuple(stage_named(one) for one in stage_names(name))


def run_stages(
    spark: SparkSession,
    settings: Settings,
    progress: Progress,
    *,
    chosen: Sequence[AnyStage] = STAGES,
    force: bool = False,
) -> None:
    """Run the chosen stages in order.

    Args:
        spark: the session.
        settings: the validated settings; an id or seed left open is filled in.
        progress: told about every stage.
        chosen: the stages to run.
        force: replace a release that is already complete.

    Raises:
        AlreadyPublishedError: the release is complete, a chosen stage would change it, and `force` is not set.
        CtdcError: any stage failed for a reason that the user can fix.
        StoppedError: somebody stopped it.
    """
    if settings.release_id is None or settings.seed is None:
        settings = identify(settings, [stage.name for stage in chosen], progress.show)
    place = TableLocation.of(settings)
    if any(stage.name == "explore" for stage in chosen):
        require_page_inputs(settings)
    if any(stage.name != "explore" for stage in chosen):
        require_free_or_ours(spark, place)
        if not force and tuple(chosen) == STAGES and _lacks_only_its_page(spark, settings):
            chosen = STAGES[-1:]
            Staging.of(spark, settings).remove()
        elif not force:
            require_unpublished(spark, place, settings.resolved_release_id)
    progress.show(describe_plan(settings, chosen))
    run = _runner(spark, settings, progress, force=force)
    for number, stage in enumerate(chosen, start=1):
        try:
            with progress.stage(stage.name, number, len(chosen)) as facts:
                facts.update(run(stage))
        except KeyboardInterrupt:
            raise StoppedError(stage.name, f"{number}/{len(chosen)} {stage.name}") from None


def _runner(
    spark: SparkSession, settings: Settings, progress: Progress, *, force: bool
) -> Callable[[AnyStage], StageFigures]:
    """A function that runs a stage in the context of its side; the sensitive one is opened when first needed."""
    protection = choose_protection(settings)
    publishing_context = PublishingContext.of(spark, settings, progress.show, force=force)

    @cache
    def sensitive_context() -> StageContext:
        root = files.join(settings.resolved_sensitive_dir, settings.resolved_release_id)
        workspace = Workspace(spark, root, settings.fingerprint())
        return StageContext(
            spark, settings, workspace, publishing_context.staging, TableLocation.of(settings), progress.show
        )

    def run(stage: AnyStage) -> StageFigures:
        if isinstance(stage, PublishingStage):
            return stage.run(publishing_context)
        return _run_claimed(stage, protection, sensitive_context())

    return run


def _lacks_only_its_page(spark: SparkSession, settings: Settings) -> bool:
    """Whether a run was stopped after it had published the tables."""
    place, release_id = TableLocation.of(settings), settings.resolved_release_id
    last = documents_folder(place, release_id)
    if last is None or files.exists(files.join(last, LAST_DOCUMENT)):
        return False
    return find_release(spark, place, release_id)


def _run_claimed(stage: Stage, protection: Protection, context: StageContext) -> StageFigures:
    """Run a stage; a failure because another run took over says so."""
    try:
        return stage.run(protection, context)
    except Exception:
        context.workspace.require_claim()
        raise


def describe_plan(settings: Settings, chosen: Sequence[AnyStage] = STAGES) -> str:
    """The numbered plan with its real parameters."""
    width = max(len(stage.name) for stage in chosen)
    published = {stage.name: stage.describe(settings) for stage in chosen if isinstance(stage, PublishingStage)}
    does = {**choose_protection(settings).describe(settings), **published}
    steps = [f"  {i}  {stage.name:<{width}}  {does[stage.name]}" for i, stage in enumerate(chosen, start=1)]
    named = settings.release_id or f"{settings.prefix}-... (named when it is first run)"
    head = f"Release {named}; sensitive intermediates in {files.hide_credentials(settings.resolved_sensitive_dir)}"
    return "\n".join([head, *steps])
