"""Runs for people: one with its outcome and what to do about it, and many in a table."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command import proofs
from counterpoise.command.layout import Entry, Section
from counterpoise.command.running import ExitCode
from counterpoise.errors import InfeasibleMandate, NotCertified
from counterpoise.model import (
    AllocationProblem,
    RebalanceRun,
    RebalanceRunOutcome,
    RebalanceRunState,
    RunGuard,
    RunRefusal,
)
from counterpoise.wording.names import Names
from counterpoise.wording.rebalancing import GUARDS, OUTCOMES, REMEDIES, RUN_STATES
from counterpoise.wording.resources import instant, short, span
from counterpoise.wording.starts import skipped_in_words, started_for, why_started
from counterpoise.wording.words import say

_FAILED = (RebalanceRunState.FAILED, RebalanceRunState.CANCELLED)


def exit_code(run: RebalanceRun) -> ExitCode:
    """What the shell is told of a run that has ended."""
    if run.state in _FAILED:
        return ExitCode.ERROR
    if run.outcome != RebalanceRunOutcome.REFUSED:
        return ExitCode.CERTIFIED
    infeasible = any(refusal.guard == RunGuard.INFEASIBLE for refusal in run.refusals)
    return ExitCode.INFEASIBLE if infeasible else ExitCode.NOT_CERTIFIED


def run_page(run: RebalanceRun, problem: AllocationProblem | None) -> list[Section | None]:
    """A run; `problem` is the job's, for names, and None where it is not known."""
    names = Names(problem) if problem is not None else None
    return [
        Section(title="Run", sentences=(*_standing(run), *_outcome(run), run.name)),
        _refusals(run.refusals, names),
        *_proof(run, problem),
    ]


def runs_page(runs: Sequence[RebalanceRun]) -> list[Section | None]:
    """Many runs, as they come."""
    if not runs:
        return [Section(title="Runs", sentences=("There are none: counterpoise jobs run JOB.",))]
    return [
        Section(
            title="Runs",
            columns=("Run", "State", "Outcome", "For", "Started by", "At", "What"),
            rows=[
                (
                    short(run.name),
                    _state(run),
                    say(run.outcome, OUTCOMES) if run.outcome is not None else "",
                    started_for(run),
                    run.initiator,
                    instant(run.create_time),
                    _in_short(run),
                )
                for run in runs
            ],
            left=(0, 1, 2, 3, 4, 5, 6),
            whole=(5,),
        )
    ]


def in_one_line(run: RebalanceRun) -> str:
    """A change of state of a run, for who watches."""
    when = run.end_time or run.start_time or run.create_time
    outcome = f", {say(run.outcome, OUTCOMES)}" if run.outcome is not None else ""
    what = _in_short(run)
    why = started_for(run)
    name = f"{short(run.name)}{f' ({why})' if why else ''}"
    return f"{instant(when)}  {name}  {_state(run)}{outcome}{f': {what}' if what else ''}"


def _state(run: RebalanceRun) -> str:
    return say(run.state, RUN_STATES) if run.state is not None else ""


def _standing(run: RebalanceRun) -> tuple[str, ...]:
    if run.state == RebalanceRunState.SKIPPED:
        return (
            f"{short(run.name)}: {_state(run)}. Recorded by {run.initiator} {instant(run.create_time)}.",
            *skipped_in_words(run),
        )
    state_of = f"marks {short(run.marks)}" if run.marks else "the state in the job's problem, without marks"
    if run.state in {RebalanceRunState.PENDING, RebalanceRunState.RUNNING} and not run.marks:
        state_of = "the latest marks once it begins"
    took = (
        f" It took {span(run.end_time - run.start_time)}."
        if run.start_time is not None and run.end_time is not None
        else ""
    )
    return (
        f"{short(run.name)}: {_state(run)}. Started by {run.initiator} {instant(run.create_time)}.{took}",
        why_started(run),
        f"It used revision {run.job_revision} of the job, and {state_of}.",
    )


def _outcome(run: RebalanceRun) -> tuple[str, ...]:
    if run.failure is not None:
        number = f" [error id {run.failure.error_id}]" if run.failure.error_id else ""
        return (f"The machinery failed: {run.failure.message}{number}. Run again.",)
    if run.outcome == RebalanceRunOutcome.PROPOSED:
        name = short(run.proposal)
        return (f"It proposes trades: {name}. To see them: counterpoise proposals show {name}",)
    if run.outcome == RebalanceRunOutcome.WITHIN_TOLERANCE:
        return ("Every change is below the tolerance and no roll is due: nothing to do.",)
    if run.outcome == RebalanceRunOutcome.REFUSED:
        return ("It was refused, and proposes nothing.",)
    return ()


def _refusals(refusals: Sequence[RunRefusal], names: Names | None) -> Section | None:
    if not refusals:
        return None
    return Section(
        title="What stopped it",
        entries=[Entry(head=_guard(refusal), sentences=_about(refusal, names)) for refusal in refusals],
    )


def _guard(refusal: RunRefusal) -> str:
    return say(refusal.guard, GUARDS) if refusal.guard is not None else "A guard newer than this client"


def _about(refusal: RunRefusal, names: Names | None) -> tuple[str, ...]:
    limits = [names.limit(key) if names is not None else str(key) for key in refusal.limits]
    lines = [names.line(line_id) if names is not None else line_id for line_id in refusal.line_ids]
    remedy = REMEDIES.get(refusal.guard) if refusal.guard is not None else None
    return (
        *([refusal.message] if refusal.message else []),
        *([f"Limits: {'; '.join(limits)}."] if limits else []),
        *([f"Lines: {', '.join(lines)}."] if lines else []),
        *([f"What to do: {remedy}"] if remedy else []),
    )


def _proof(run: RebalanceRun, problem: AllocationProblem | None) -> list[Section | None]:
    """The proof of what stopped it, where the answer has one."""
    guards = {refusal.guard for refusal in run.refusals}
    if run.allocation is None or problem is None:
        return []
    if RunGuard.INFEASIBLE in guards:
        return list(proofs.infeasible(InfeasibleMandate(run.allocation), problem, Names(problem)))
    if RunGuard.NOT_CERTIFIED in guards:
        return list(proofs.not_certified(NotCertified(run.allocation), problem, Names(problem)))
    return []


def _in_short(run: RebalanceRun) -> str:
    if run.proposal:
        return short(run.proposal)
    if run.failure is not None:
        return run.failure.message
    return "; ".join(_guard(refusal) for refusal in run.refusals)
