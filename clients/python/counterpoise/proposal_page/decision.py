"""Who may not approve, and the block that is signed; filled in once somebody has decided."""

from __future__ import annotations

from counterpoise.model import Decision, RebalanceProposalState
from counterpoise.proposal_page.heading import instant
from counterpoise.proposal_page.markup import Content, Html, element, section
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.rebalancing import PROPOSAL_STATES, RELEASES
from counterpoise.wording.words import say

_BLANK = Html("&nbsp;")


def decision(subject: Subject) -> Html:
    """The approver block."""
    proposal = subject.proposal
    if proposal.decision is not None:
        block = _block(_decided(proposal.decision, subject))
    elif proposal.state in (RebalanceProposalState.EXPIRED, RebalanceProposalState.SUPERSEDED):
        block = element("p", f"Nothing is left to decide: it is {say(proposal.state, PROPOSAL_STATES)}.")
    else:
        block = _block(_to_sign())
    quoted = element(
        "p", "A decision quotes content ", element("code", proposal.content_sha256), ".", css="note"
    )
    return section("decision", "Decision", element("p", _barred(subject), css="barred"), block, quoted)


def _barred(subject: Subject) -> str:
    barred = subject.proposal.barred_approvers
    if not barred:
        return "Nobody is barred from approving."
    return f"May not approve, as author of the job or starter of the run: {', '.join(barred)}."


def _to_sign() -> list[tuple[str, Content, str]]:
    return [
        ("Decision", "☐ approved   ☐ rejected", ""),
        ("Name", _BLANK, ""),
        ("Date", _BLANK, ""),
        ("Signature", _BLANK, "tall"),
        ("Comment", _BLANK, "tall"),
    ]


def _decided(made: Decision, subject: Subject) -> list[tuple[str, Content, str]]:
    proposal = subject.proposal
    state = say(proposal.state, PROPOSAL_STATES) if proposal.state is not None else ""
    same = made.content_sha256 == proposal.content_sha256
    released = proposal.release
    told: list[tuple[str, Content, str]] = [
        ("Decision", state, ""),
        (
            "Name",
            f"{made.principal}, {'proven by a token' if made.authenticated else 'NOT proven by a token'}",
            "",
        ),
        ("Date", instant(made.decide_time), ""),
        ("Comment", made.comment, ""),
        ("Decided on", "this content" if same else f"OTHER CONTENT, {made.content_sha256}", ""),
        ("Signature", _BLANK, "tall"),
    ]
    if released is not None and released.state is not None:
        detail = f" ({released.detail})" if released.detail else ""
        told.append(("Trades", f"{say(released.state, RELEASES)}{detail}", ""))
    return told


def _block(fields: list[tuple[str, Content, str]]) -> Html:
    return element(
        "dl",
        *[element("div", element("dt", name), element("dd", told), css=css) for name, told, css in fields],
        css="sign",
    )
