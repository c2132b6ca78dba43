"""Keeps watch on a job between runs: measures its portfolio on the latest marks and judges its triggers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import structlog

from counterpoise.canonical import canonical_json
from counterpoise.model import Trigger
from optimizer.rebalance import texts
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.marked import marked_problem
from optimizer.rebalance.marks import marks_since
from optimizer.rebalance.names import SERVER
from optimizer.rebalance.watching import triggers
from optimizer.rebalance.watching.answers import came_to_nothing, looking_run, run_for
from optimizer.rebalance.watching.figures import Figures, measure, write_figures
from optimizer.rebalance.watching.kept import figures_of
from optimizer.rebalance.watching.looked import is_traded, left_by
from optimizer.store import (
    Act,
    Connection,
    JobRow,
    JobState,
    StoreError,
    TriggerRow,
    TriggerState,
    WatchRow,
    act_in_tenant,
    fire_trigger,
    get_job,
    get_run,
    get_watch,
    keep_triggers,
    keep_watch,
    last_look,
    latest_marks,
    reading,
    triggers_of,
    writing,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What figures are measured on: when all of it is as before, so are they."""

    revision: int
    marks_name: str
    run_name: str
    traded: bool

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.revision} {self.marks_name} {self.run_name} {self.traded}"


def watch_job(desk: Desk, tenant: str, job_name: str) -> tuple[str, ...]:
    """Measure a job if anything is new, and judge its triggers; returns the ids of those that fired.

    Nothing is done for a job that is not ACTIVE. Raises StoreError.
    """
    with reading(desk.engine) as connection:
        job = get_job(connection, tenant, job_name)
        if job.state is not JobState.ACTIVE:
            return ()
        basis = _basis(connection, job)
        kept = get_watch(connection, job_name)
        found = figures_of(kept) if kept is not None and kept.basis == basis.text else None
        figures = _measured(connection, desk, job, basis) if found is None else found
        wanted = texts.read_triggers(job.policies_json)
        if found is not None and _is_idle(connection, desk, job, wanted, figures):
            return ()  # whoever writes holds up all others
    with writing(desk.engine) as connection:
        act = act_in_tenant(Act(connection=connection, actor=SERVER, instant=desk.now()), tenant)
        now_job = get_job(connection, tenant, job_name)
        if now_job.state is not JobState.ACTIVE or _basis(connection, now_job) != basis:
            return ()  # what is new is looked at by whoever brought it, or at the next heartbeat
        if found is None:
            text = write_figures(figures)
            keep_watch(
                act,
                WatchRow(
                    job_name=job_name,
                    tenant=tenant,
                    basis=basis.text,
                    figures_json=text,
                    measure_instant=act.instant,
                ),
            )
        fired = _judge_all(act, job, wanted, figures)
    for trigger in fired:
        _log.info("trigger fired", job=job_name, tenant=tenant, trigger=trigger.trigger_id)
        desk.metrics.trigger_fired(triggers.kind_of(trigger))
    if fired:
        desk.wake()
    return tuple(trigger.trigger_id for trigger in fired)


def watch_marked(desk: Desk, tenant: str, job_name: str) -> None:
    """Watch a job whose marks were recorded. They are kept: what fails here waits for the heartbeat."""
    try:
        watch_job(desk, tenant, job_name)
    except StoreError as error:
        _log.warning("a job cannot be watched", job=job_name, tenant=tenant, error=str(error))
    except Exception:  # noqa: BLE001 - the caller's marks are on record, whatever becomes of watching
        _log.exception("a job cannot be watched", job=job_name, tenant=tenant)


def _basis(connection: Connection, job: JobRow) -> Basis:
    latest = latest_marks(connection, job.tenant, job.name)
    look = last_look(connection, job.name, job.revision)
    return Basis(
        revision=job.revision,
        marks_name="" if latest is None else latest.name,
        run_name="" if look is None else look.run_name,
        traded=look is not None and is_traded(look, latest),
    )


def _measured(connection: Connection, desk: Desk, job: JobRow, basis: Basis) -> Figures:
    problem = texts.read_problem(job.problem_json)
    problem = marked_problem(problem, marks_since(connection, job.tenant, job.name, problem))
    look = last_look(connection, job.name, job.revision)
    left = None if look is None else left_by(connection, job, look, traded=basis.traded)
    return measure(problem, left, desk.now())


def _judge_all(act: Act, job: JobRow, wanted: tuple[Trigger, ...], figures: Figures) -> tuple[Trigger, ...]:
    before = triggers_of(act.connection, job.name)
    rows, fired = [], []
    for trigger in wanted:
        row = _judged(
            act.connection, act.instant, job, trigger, before.get(trigger.trigger_id), figures=figures
        )
        if triggers.fires(trigger, row.state, row.value, act.instant, row.fire_instant):
            answer = run_for(act, job, trigger, figures.as_of_date)
            if answer is not None:
                state, run = TriggerState.FIRED, answer or None
                row = replace(row, state=state, fire_instant=act.instant, run_name=run)
                fire_trigger(act, job.name, row)
                fired.append(trigger)
        rows.append(row)
    if not triggers.stand_as_before(wanted, rows, before):
        keep_triggers(act, job.name, rows)
    return tuple(fired)


def _is_idle(
    connection: Connection, desk: Desk, job: JobRow, wanted: tuple[Trigger, ...], figures: Figures
) -> bool:
    """Whether judging the triggers would fire none, and leave nothing to write."""
    before = triggers_of(connection, job.name)
    now = desk.now()
    rows = [
        _judged(connection, now, job, trigger, before.get(trigger.trigger_id), figures=figures)
        for trigger in wanted
    ]
    return triggers.stand_as_before(wanted, rows, before) and not any(
        triggers.fires(trigger, row.state, row.value, now, row.fire_instant)
        for trigger, row in zip(wanted, rows, strict=True)
    )


def _judged(
    connection: Connection,
    now: datetime.datetime,
    job: JobRow,
    trigger: Trigger,
    before: TriggerRow | None,
    *,
    figures: Figures,
) -> TriggerRow:
    """Where a trigger stands with its figure, before it may fire."""
    value, text = triggers.value_of(trigger, figures, now), canonical_json(trigger)
    if before is None:
        return TriggerRow(
            trigger_id=trigger.trigger_id,
            trigger_json=text,
            state=TriggerState.ARMED,
            value=value,
            judge_instant=now,
        )
    # A trigger that was changed begins anew, but for its cool-down.
    known = before.state if before.trigger_json == text else TriggerState.ARMED
    state, run_name = triggers.state_after(trigger, known, value), before.run_name
    if state is TriggerState.FIRED and run_name is not None:
        run = get_run(connection, job.tenant, run_name)
        if came_to_nothing(run, job):
            # The run that took its place may have looked instead.
            other = looking_run(connection, job)
            state, run_name = (state, other) if other else (TriggerState.ARMED, run_name)
    return replace(before, trigger_json=text, state=state, value=value, judge_instant=now, run_name=run_name)
