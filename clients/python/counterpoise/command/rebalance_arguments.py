"""Arguments and options of the commands about jobs, marks, runs, proposals and switches."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.command.arguments import checked_file
from counterpoise.command.resource_names import checked_job_id
from counterpoise.wording.spans import span_of


def parsed_span(value: str | None) -> datetime.timedelta | None:
    """A span as it is written: `4d`, `36h`, `1d12h`; raises BadParameter for anything else."""
    try:
        return None if value is None else span_of(value)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


def parsed_day(value: str | None) -> datetime.date | None:
    """A day as in ISO 8601; raises BadParameter."""
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no day; write one such as 2025-11-28.") from None


def _checked_span(value: str | None) -> str | None:
    parsed_span(value)
    return value


def _checked_day(value: str | None) -> str | None:
    parsed_day(value)
    return value


def _checked_optional_file(value: Path | None) -> Path | None:
    return checked_file(value) if value is not None else None


NewJob = Annotated[
    str,
    typer.Argument(metavar="ID", callback=checked_job_id, help="Id of the job, for good, such as monthly."),
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="Id of a job, or its full name.")]
OfJob = Annotated[
    str | None, typer.Argument(metavar="JOB", help="Id of a job, or its full name. Default: all jobs.")
]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="JOB/ID as lists show it, JOB/latest, latest, or its full name.")
]
Proposal = Annotated[
    str,
    typer.Argument(metavar="PROPOSAL", help="JOB/ID as lists show it, JOB/latest, latest, or its full name."),
]
NewProblem = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", callback=_checked_optional_file, help="The problem in place of the old one."
    ),
]
MarksFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        callback=_checked_optional_file,
        help="Marks, YAML or JSON; - reads standard input.",
    ),
]
FromJob = Annotated[
    bool,
    typer.Option(
        "--from-job",
        help="Instead of a file: what the job's problem holds, in whole contracts, as marks of another day.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        callback=_checked_day,
        help="Day of the marks, such as 2025-11-28. Default: that of the file.",
    ),
]
DisplayName = Annotated[
    str | None, typer.Option("--display-name", metavar="TEXT", help="For people, one line.")
]
ReleaseApproved = Annotated[
    bool | None,
    typer.Option(
        "--release-approved/--dry-run",
        help="Whether approved trades leave. Default: dry run, approvals are recorded and nothing leaves.",
    ),
]
Band = Annotated[
    float | None,
    typer.Option(
        "--band",
        metavar="FRACTION",
        help="Half the width of a band around targets, NAV fraction: lines inside stay. Default: 0.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        metavar="FRACTION",
        help="Nothing is proposed while every change is below this, NAV fraction. Default: 0.",
    ),
]
MinimumTicket = Annotated[
    float | None,
    typer.Option(
        "--minimum-ticket",
        metavar="AMOUNT",
        help="Smaller trades are left out, base currency. Default: 0.",
    ),
]
ProposalLifetime = Annotated[
    str | None,
    typer.Option(
        "--proposal-lifetime",
        metavar="SPAN",
        callback=_checked_span,
        help="How long a proposal stays open, such as 36h. Default: 1d.",
    ),
]
MaximumMarkAge = Annotated[
    str | None,
    typer.Option(
        "--maximum-mark-age",
        metavar="SPAN",
        callback=_checked_span,
        help="Oldest marks that runs and approvals take, from the end of their day. Default: 4d.",
    ),
]
MaximumTurnover = Annotated[
    float | None,
    typer.Option(
        "--maximum-turnover",
        metavar="FRACTION",
        help="Breaker: a run with more one-way turnover is refused, NAV fraction. Default: 0.25.",
    ),
]
ComplianceTolerance = Annotated[
    float | None,
    typer.Option(
        "--compliance-tolerance",
        metavar="FRACTION",
        help="How far beyond a hard limit prices may have carried the trades when they are approved, as the "
        "distance in NAV fractions that would mend it. Default: 0, so that a limit that binds and drifts "
        "refuses them.",
    ),
]
MaximumAnswerJump = Annotated[
    float | None,
    typer.Option(
        "--maximum-answer-jump",
        metavar="FRACTION",
        help="A run is refused whose answer moves by more than this, NAV fraction, when premia and alphas "
        "move by a basis point. Default: 0.1.",
    ),
]
Why = Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; recorded for good.")]
WhyIfAny = Annotated[
    str,
    typer.Option("--comment", metavar="TEXT", help="Why, if there is something to say; recorded for good."),
]
Wait = Annotated[
    bool,
    typer.Option("--wait/--no-wait", help="Whether to wait for the end of the run; not to needs --target."),
]
WaitSeconds = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0.001, help="How long to wait; the run goes on after that."
    ),
]
ContentSha256 = Annotated[
    str | None,
    typer.Option(
        "--content-sha256",
        metavar="SHA256",
        help="Content that was read, as the proposal's page has it. Without it the page is shown, and asked "
        "about.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Decide on what is shown without being asked.")]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", help="Write the proposal as one HTML page, to be read or printed."
    ),
]
ResumeToken = Annotated[
    str,
    typer.Option(
        "--resume-token", metavar="TOKEN", help="Go on after the change that --json showed with it."
    ),
]
ScopeOfSwitch = Annotated[
    str | None,
    typer.Argument(metavar="JOB", help="Id of a job, or its full name. Default: all of the tenant."),
]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Print each change as ProtoJSON on a line of its own, with its token.")
]
