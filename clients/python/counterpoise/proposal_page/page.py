"""The page as a whole."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from counterpoise.model import RebalanceJob, RebalanceProposal, RebalanceRun
from counterpoise.proposal_page.decision import decision
from counterpoise.proposal_page.heading import heading, summary, title
from counterpoise.proposal_page.limits import limits
from counterpoise.proposal_page.markup import Html, element, joined
from counterpoise.proposal_page.order import order
from counterpoise.proposal_page.plots import plots
from counterpoise.proposal_page.points import points
from counterpoise.proposal_page.proof import proof
from counterpoise.proposal_page.sides import before_and_after, exposures
from counterpoise.proposal_page.stresses import stresses
from counterpoise.proposal_page.subject import Subject
from counterpoise.proposal_page.trades import rolls, trades

_SHA256 = re.compile(r"[0-9a-f]{64}")


def proposal_page(proposal: RebalanceProposal, run: RebalanceRun, job: RebalanceJob) -> str:
    """The page of a proposal as HTML: one file without scripts that loads nothing and prints on A4.

    `run` is the run that made the proposal and `job` its job at the revision that the run used; names, limits
    and the reference are the job's. Pictures are drawn where matplotlib is installed, and the page says so
    where it is not.
    Raises ValueError where the run did not make the proposal, or is not the job's.
    """
    if proposal.run != run.name:
        raise ValueError(f"proposal {proposal.name} is of run {proposal.run!r}, not of {run.name!r}")
    if not run.name.startswith(f"{job.name}/"):
        raise ValueError(f"run {run.name!r} is not of job {job.name!r}")
    subject = Subject(proposal=proposal, run=run, job=job)
    positions, changes = plots(subject)
    body = element(
        "body",
        heading(subject),
        summary(subject),
        points(subject),
        trades(subject),
        order(subject),
        rolls(subject),
        stresses(subject),
        element(
            "div",
            element("div", before_and_after(subject), positions),
            element("div", exposures(subject), changes, proof(subject)),
            css="pair",
        ),
        limits(subject),
        decision(subject),
    )
    head = joined(
        (
            Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
            element("title", title(subject)),
            element("style", Html(_style(proposal))),
        )
    )
    return f'<!doctype html>\n<html lang="en">{element("head", head).source}{body.source}</html>\n'


def write_proposal_page(
    proposal: RebalanceProposal,
    run: RebalanceRun,
    job: RebalanceJob,
    path: str | Path,
) -> None:
    """Writes `proposal_page` to a file in UTF-8; raises OSError where the file cannot be written."""
    Path(path).write_text(proposal_page(proposal, run, job), encoding="utf-8")


def _style(proposal: RebalanceProposal) -> str:
    """The style sheet; every printed page carries the start of the content hash, if it is one."""
    sheet = (files("counterpoise.proposal_page") / "page.css").read_text(encoding="utf-8")
    told = proposal.content_sha256 if _SHA256.fullmatch(proposal.content_sha256) else ""
    return sheet.replace("CONTENT_SHA256", f"content {told[:16]}" if told else "")
