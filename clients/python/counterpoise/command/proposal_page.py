"""Proposals for people: one with its reasons and how to decide on it, and many in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from counterpoise.command.key_figures import key_figures, limits_after
from counterpoise.command.layout import Entry, Section
from counterpoise.command.orders import notices, order, rolls, traded
from counterpoise.command.warnings import told
from counterpoise.model import (
    AllocationProblem,
    Decision,
    RebalanceProposal,
    RebalanceProposalState,
    RebalanceRun,
    Release,
    ReleaseState,
    TradePlan,
)
from counterpoise.wording.figures import Money, basis_points, fixed, money_of, percent
from counterpoise.wording.names import Names
from counterpoise.wording.rebalancing import PROPOSAL_STATES, RELEASES
from counterpoise.wording.resources import instant, minute, short
from counterpoise.wording.words import say


def proposal_page(
    proposal: RebalanceProposal, problem: AllocationProblem, run: RebalanceRun
) -> list[Section | None]:
    """A proposal; `problem` is the job's, for names and the currency, and `run` the one that made it."""
    names, plan = Names(problem), proposal.plan or TradePlan()
    money = _money(plan, problem)
    return [
        _headline(proposal, plan, money),
        _warned(run, problem, names),
        traded(plan, names, money),
        rolls(plan, names),
        order(plan, names),
        notices(plan, names),
        key_figures(proposal.before, proposal.after, names),
        limits_after(proposal.before, proposal.after, names),
        decision(proposal),
    ]


def _warned(run: RebalanceRun, problem: AllocationProblem, names: Names) -> Section | None:
    """What the run was warned of: nobody signs without it."""
    if run.allocation is None:
        return None
    return told(run.allocation.warnings, problem, names, run.allocation)


def proposals_page(proposals: Sequence[RebalanceProposal]) -> list[Section | None]:
    """Many proposals, as they come."""
    if not proposals:
        return [Section(title="Proposals", sentences=("There are none: runs make them.",))]
    return [
        Section(
            title="Proposals",
            columns=(
                "Proposal",
                "State",
                "Made, UTC",
                "Open until, UTC",
                "trades",
                "turnover, %",
                "cost",
                "Decided by",
            ),
            rows=[
                (
                    short(item.name),
                    _state(item),
                    minute(item.create_time),
                    minute(item.expire_time) if item.state == RebalanceProposalState.OPEN else "",
                    str(len(item.plan.trades)) if item.plan is not None else "",
                    percent(item.plan.one_way_turnover_fraction) if item.plan is not None else "",
                    fixed(item.plan.cost_amount, 0) if item.plan is not None else "",
                    item.decision.principal if item.decision is not None else "",
                )
                for item in proposals
            ],
            left=(0, 1, 2, 3, 7),
            whole=(2, 3),
        )
    ]


def decision(proposal: RebalanceProposal) -> Section:
    """Who may decide and how; what was decided, and what became of it."""
    return Section(
        title="Decision",
        sentences=(*_decided(proposal), f"Content {proposal.content_sha256}", proposal.name),
        entries=_commands(proposal),
    )


def _commands(proposal: RebalanceProposal) -> list[Entry]:
    """How to decide on an open proposal, to be copied whole."""
    if proposal.state != RebalanceProposalState.OPEN:
        return []
    named = f"{short(proposal.name)} --content-sha256 {proposal.content_sha256}"
    return [
        Entry(head="To decide on what is read here:", sentences=()),
        Entry(head=f"counterpoise proposals approve {named}", sentences=()),
        Entry(head=f"counterpoise proposals reject {named} --comment WHY", sentences=()),
    ]


def _decided(proposal: RebalanceProposal) -> tuple[str, ...]:
    if proposal.state == RebalanceProposalState.OPEN:
        barred = ", ".join(proposal.barred_approvers)
        return (
            f"Open until {instant(proposal.expire_time)}; then it expires.",
            *([f"May not approve it, as they wrote the job or started the run: {barred}."] if barred else []),
            "Before it is approved its trades have to pass every hard limit on the latest marks.",
        )
    if proposal.state == RebalanceProposalState.SUPERSEDED:
        by = (
            f"by {short(proposal.superseding_proposal)}"
            if proposal.superseding_proposal
            else "by a change of its job"
        )
        return (f"It was replaced {by}; nobody can decide on it any more.",)
    if proposal.state == RebalanceProposalState.EXPIRED:
        return (f"Nobody decided until {instant(proposal.expire_time)}; run the job again.",)
    told = _by_whom(proposal, proposal.decision) if proposal.decision is not None else ()
    return (*told, *(_released(proposal.release) if proposal.release is not None else ()))


def _by_whom(proposal: RebalanceProposal, made: Decision) -> tuple[str, ...]:
    proven = "proven by a token" if made.authenticated else "a name that nobody proved"
    return (
        f"{_state(proposal).capitalize()} by {made.principal} ({proven}) {instant(made.decide_time)}.",
        *([f"Comment: {made.comment}"] if made.comment else []),
    )


def _released(release: Release) -> tuple[str, ...]:
    if release.state is None:
        return ()
    when = f" {instant(release.change_time)}" if release.state != ReleaseState.DRY_RUN else ""
    detail = f": {release.detail}" if release.detail else ""
    return (f"{say(release.state, RELEASES)}{when}{detail}.",)


def _headline(proposal: RebalanceProposal, plan: TradePlan, money: Money) -> Section:
    open_until = (
        f" until {instant(proposal.expire_time)}" if proposal.state == RebalanceProposalState.OPEN else ""
    )
    what = _counted(len(plan.trades), "trade")
    if plan.rolls:
        what += f" and {_counted(len(plan.rolls), 'roll')}"
    cost = plan.cost_amount / money.nav_amount
    return Section(
        title="Proposal",
        sentences=(
            f"{short(proposal.name)}: {_state(proposal)}{open_until}.",
            f"It proposes {what}: turnover {percent(plan.one_way_turnover_fraction)} % of NAV one-way, "
            f"estimated cost {money.words(plan.cost_amount)} = {basis_points(cost, 2)} bp of NAV.",
            f"It starts from the portfolio of {plan.as_of_date}, NAV {money.words(plan.nav_amount)}.",
            f"Made by run {short(proposal.run)} {instant(proposal.create_time)}.",
        ),
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _state(proposal: RebalanceProposal) -> str:
    return say(proposal.state, PROPOSAL_STATES) if proposal.state is not None else ""


def _money(plan: TradePlan, problem: AllocationProblem) -> Money:
    """The money of the marks."""
    return replace(money_of(problem), nav_amount=plan.nav_amount)
