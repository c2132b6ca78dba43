"""The page of a proposal: its numbers are those of the objects, and no text of a caller becomes markup."""

import dataclasses
import datetime
import importlib.util
import re

import pytest

from counterpoise.model import (
    MeetRiskBudget,
    RebalanceProposalState,
    RoundingMethod,
    StressReport,
)
from counterpoise.proposal_page import proposal_page, write_proposal_page
from tests import sample_proposals as sample
from tests.proposal_pages import Page
from tests.sample_total_problem import NAV

PROPOSAL, RUN, JOB = sample.proposal(), sample.run(), sample.job()
SCRIPT = "<script>alert('1')</script>"


def page(proposal=PROPOSAL, run=RUN, job=JOB) -> Page:
    return Page(proposal_page(proposal, run, job))


@pytest.fixture(scope="module")
def shown() -> Page:
    return page()


def number(text):
    """The first number of a cell."""
    return float(re.search(r"[-+]?[\d,]*\.?\d+", text)[0].replace(",", ""))


# Numbers


def test_every_trade_is_on_the_page_with_its_own_numbers(shown):
    heading, *rows, total = shown.rows("trades")
    assert heading[:6] == ["Line", "now, %", "target, %", "change, %", "$M", "contracts"]
    trades = PROPOSAL.plan.trades
    assert len(rows) == len(trades)
    for row, trade in zip(rows, trades, strict=True):
        numbers = [number(cell) for cell in row[1:5]]
        fractions = (trade.current_fraction, trade.target_fraction, trade.fraction)
        assert numbers == pytest.approx([*[100 * item for item in fractions], trade.amount / 1e6], abs=0.005)
        assert number(row[6]) == pytest.approx(trade.cost_amount / 1e3, abs=0.05)
        if trade.objective_gain is not None:
            assert number(row[7]) == pytest.approx(1e4 * trade.objective_gain, abs=0.005)
    assert [row[5] for row in rows] == ["", "", "+175 ES", "+3,446 TY", "", "", "", ""]
    assert number(total[3]) == pytest.approx(100 * PROPOSAL.plan.one_way_turnover_fraction, abs=0.005)
    assert number(total[6]) == pytest.approx(sum(number(row[6]) for row in rows), abs=0.5)


def test_every_trade_says_why_and_redemptions_say_when(shown):
    why = {row[0]: row[-1] for row in shown.rows("trades")[1:-1]}
    assert why["World equity fund funded"] == "for what it is worth"
    assert why["Corporate bond fund funded"] == (
        "keeps limits Reserve for overlays; Position: Cash notice 28 Nov 2025, money 26 Dec 2025 (day 20)"
    )
    assert (
        why["Equity futures overlay"] == "for what it is worth rounded: 0.31 bp of NAV less than the target"
    )
    assert why["Cash reserve"] == "balances the other trades"


def test_a_redemption_that_is_never_covered_is_said_twice():
    trades = [
        dataclasses.replace(trade, notice=trade.notice and dataclasses.replace(trade.notice, covered=False))
        for trade in PROPOSAL.plan.trades
    ]
    plan = dataclasses.replace(PROPOSAL.plan, trades=tuple(trades))
    told = page(dataclasses.replace(PROPOSAL, plan=plan))
    assert "its liquidity never covers the whole amount" in told.row("trades", "Multi-strategy fund")[-1]
    assert "The liquidity of Multi-strategy fund never covers its whole redemption." in told.section("points")


def test_steps_are_in_order_and_name_their_day_once(shown):
    rows = shown.rows("order")[1:]
    assert [row[0] for row in rows] == ["day 0", "day 20", "", "", "day 63", ""]
    assert [row[1] for row in rows] == list("123456")
    assert rows[2][2:4] == [
        "add exposure",
        "buy Ten-year note futures +9.12 % = $182.5M (+2,246 TY)",
    ]
    cash = [number(row[4]) for row in rows]
    assert cash == pytest.approx([100 * step.cash_fraction for step in PROPOSAL.plan.steps])
    assert "No hard limit is broken after any step." in shown.section("order")


def test_a_limit_that_breaks_on_the_way_is_not_hidden():
    steps = [dataclasses.replace(step, worst_hard_violation=2e-4) for step in PROPOSAL.plan.steps]
    plan = dataclasses.replace(PROPOSAL.plan, steps=tuple(steps))
    told = page(dataclasses.replace(PROPOSAL, plan=plan)).section("order")
    assert "Largest violation of a hard limit after a step: 0.0200 % of NAV." in told
    assert "No hard limit is broken" not in told


def test_rolls_are_told_with_signed_contracts(shown):
    rows = {row[0]: row[1:] for row in shown.rows("rolls")[1:]}
    assert rows["Equity futures"] == ["ES", "Z2025", "-467", "H2026", "+463", "9 Dec 2025"]


def test_both_sides_are_told_with_their_difference(shown):
    assert shown.row("sides", "Expected net return")[1:] == ["6.64 %", "7.11 %", "+47.0 bp = $9.4M"]
    assert shown.row("sides", "Active risk")[1:] == ["1.62 %", "1.35 %", "-27.0 bp"]
    frame = PROPOSAL.before_after_frame()
    for definition in ("gross_notional", "commitment", "overlay", "net"):
        name = definition.replace("_", " ").capitalize()
        cells = shown.row("sides", name)
        assert [number(cell) for cell in cells[1:]] == pytest.approx(
            list(frame.loc[("leverage", definition), ["before", "after", "change"]]), abs=5e-4
        )
    losses = [max(item.loss_fraction for item in side.stresses) for side in (PROPOSAL.before, PROPOSAL.after)]
    assert [number(cell) for cell in shown.row("sides", "Worst loss (Equity crash)")[1:3]] == pytest.approx(
        [100 * loss for loss in losses], abs=0.005
    )


def test_exposures_stand_beside_the_reference(shown):
    driver, before, after, reference, off = shown.row("exposures", "World equity")
    assert driver == "World equity"
    given = next(item for item in PROPOSAL.after.exposures if item.driver_id == "equity")
    total = given.funded + given.overlay + given.alpha_look_through
    assert number(after) == pytest.approx(100 * total, abs=0.005)
    assert number(off) == pytest.approx(number(after) - number(reference))
    assert before == "52.40 %"
    assert shown.row("exposures", "Ten-year rate")[3] == "-2.600 bp/bp"


def test_scenarios_are_told_before_and_after(shown):
    before = {item.scenario_id: item for item in PROPOSAL.before.stresses}["crash"]
    after = {item.scenario_id: item for item in PROPOSAL.after.stresses}["crash"]
    row = shown.row("stresses", "Equity crash")
    values = (
        before.loss_fraction,
        after.loss_fraction,
        after.loss_fraction * NAV / 1e8,
        before.cash_call_fraction,
        after.cash_call_fraction,
        before.unpaid_fraction,
        after.unpaid_fraction,
    )
    assert [number(cell) for cell in row[1:8]] == pytest.approx([100 * value for value in values], abs=0.006)
    assert row[8:] == ["never", "day 1"]
    losses = [number(row[2]) for row in shown.rows("stresses")[1:]]
    assert losses == sorted(losses, reverse=True)


def test_a_scenario_that_ruins_is_not_told_as_a_number_of_days():
    ruined = (StressReport(scenario_id="crash", loss_fraction=1.2, ruin=True),)
    told = page(dataclasses.replace(PROPOSAL, after=dataclasses.replace(PROPOSAL.after, stresses=ruined)))
    assert told.row("stresses", "Equity crash")[-1] == "ruin"
    assert "Equity crash loses all of NAV after the trades." in told.section("points")


def test_limits_have_value_bound_slack_and_the_price_of_the_certified_answer(shown):
    gross = shown.row("limits", "Gross leverage cap")
    assert gross[1:5] == ["1.000x", "1.180x", "at most 1.300x", "0.120x"]
    assert gross[5] == "91 %"
    turnover = shown.row("limits", "Turnover cap")
    # 0.03 of the objective for each unit of turnover: a step of 0.1 % is 0.3 bp of 2 billion.
    assert turnover[-1] == "bound the target; +0.1 %: 0.3 bp = $60k"
    neutral = shown.row("limits", "Sleeves neutral to equity")
    assert neutral[4:] == ["-0.60 %", "130 %", "missed"]


def test_what_is_missed_or_binds_comes_first_and_is_never_left_out(shown):
    states = [row[6] for row in shown.rows("limits")[1:]]
    assert states.index("") == sum(bool(state) for state in states)
    bound = tuple(dataclasses.replace(item, binding=True) for item in PROPOSAL.after.limits)
    after = dataclasses.replace(PROPOSAL.after, limits=bound * 3)
    every = page(dataclasses.replace(PROPOSAL, after=after)).rows("limits")[1:]
    stated = sum(item.key.limit_id is not None or item.key.line_id != "" for item in bound)
    assert len(every) == 3 * stated > 40


def test_rounding_and_the_certificate_are_told(shown):
    assert shown.fact("Rounding costs").startswith("0.0021 bp of expected net return")
    assert shown.fact("Worst violation of a hard limit, traded") == "3.0e-10 of NAV"
    assert "relative gap 1.4e-09" in shown.fact("Certified target")
    made_by = RUN.allocation.provenance
    assert shown.fact("Engine, server") == f"{made_by.engine}; {made_by.server_version}"
    assert shown.fact("Problem, SHA-256") == made_by.problem_sha256


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (RoundingMethod.INTEGER_PROGRAM_CUT_SHORT, "The search for whole contracts was cut short"),
        (RoundingMethod.NEAREST_REPAIRED, "Contracts are the nearest whole ones, repaired"),
    ],
)
def test_rounding_that_is_not_the_best_is_to_be_weighed(method, words):
    plan = dataclasses.replace(PROPOSAL.plan, rounding_method=method)
    assert words in page(dataclasses.replace(PROPOSAL, plan=plan)).section("points")


def test_the_summary_says_what_is_proposed_in_points_and_money(shown):
    told = shown.section("summary")
    assert "8 lines trade over 63 trading days: 26.50 % of NAV one-way = $530M" in told
    assert "at a cost of $530k (2.65 bp of NAV, once)" in told
    assert "from 6.64 % to 7.11 % a year (+47.0 bp = $9.4M a year)" in told
    assert "active risk from 1.62 % to 1.35 % a year (-27.0 bp)" in told
    assert "gross leverage from 1.000x to 1.180x of NAV (+0.180x = $359.9M)" in told
    assert "World equity fund (+16.80 bp a year)" in told


def test_a_distance_from_a_risk_budget_is_not_told_in_basis_points():
    objective = dataclasses.replace(
        JOB.problem.objective,
        maximize_net_return=None,
        alpha_uncertainty=None,
        meet_risk_budget=MeetRiskBudget(shares=()),
    )
    job = dataclasses.replace(JOB, problem=dataclasses.replace(JOB.problem, objective=objective))
    told = page(job=job)
    assert told.rows("trades")[0][7] == "worth"
    assert told.row("trades", "World equity fund")[7] == "+0.00168"
    assert "bp a year" not in told.section("summary").split("Worth most")[1]


# Who, when, and of what


def test_the_head_tells_this_proposal_from_any_other(shown):
    assert shown.fact("Portfolio") == "total-fund"
    assert shown.fact("As of") == "28 Nov 2025"
    assert shown.fact("Net asset value") == "$2bn"
    assert shown.fact("State") == "open"
    assert shown.fact("Expires") == "1 Dec 2025, 18:30 UTC"
    assert shown.fact("Proposal") == PROPOSAL.name
    assert shown.fact("Content, SHA-256") == PROPOSAL.content_sha256
    assert "content 5a5a5a5a5a5a5a5a" in shown.style  # at the foot of every printed page


def test_day_and_nav_are_those_of_the_marks_and_not_of_the_problem():
    portfolio = dataclasses.replace(
        JOB.problem.portfolio, nav_amount=1e9, as_of_date=datetime.date(2024, 1, 2)
    )
    job = dataclasses.replace(JOB, problem=dataclasses.replace(JOB.problem, portfolio=portfolio))
    plan = dataclasses.replace(PROPOSAL.plan, nav_amount=1.99e9, as_of_date=datetime.date(2025, 11, 27))
    told = page(dataclasses.replace(PROPOSAL, plan=plan), job=job)
    assert (told.fact("Net asset value"), told.fact("As of")) == ("$1.99bn", "27 Nov 2025")


def test_a_job_that_has_moved_on_is_said():
    assert "revision" not in page().section("points")
    told = page(job=dataclasses.replace(JOB, revision=4)).section("points")
    assert "The job is at revision 4 and the run used 3" in told


@pytest.mark.parametrize(
    ("run", "job", "words"),
    [
        (dataclasses.replace(RUN, name=f"{RUN.name}-2"), JOB, "is of run"),
        (RUN, dataclasses.replace(JOB, name="tenants/pension/rebalanceJobs/month"), "is not of job"),
    ],
)
def test_objects_that_do_not_belong_together_make_no_page(run, job, words):
    with pytest.raises(ValueError, match=words):
        proposal_page(PROPOSAL, run, job)


# States


def test_an_open_proposal_has_an_empty_block_and_says_who_may_not_approve(shown):
    assert "ada, bob" in shown.section("decision")
    assert shown.fact("Name") == shown.fact("Signature") == ""
    assert "☐ approved" in shown.fact("Decision")
    assert "do not sign" not in shown.text


def test_a_decision_fills_the_block():
    told = page(sample.approved_proposal())
    assert told.fact("Decision") == "approved"
    assert told.fact("Name") == "cleo, proven by a token"
    assert told.fact("Date") == "1 Dec 2025, 09:05 UTC"
    assert told.fact("Comment") == "Agreed by the committee on 1 December."
    assert told.fact("Decided on") == "this content"
    assert "nothing leaves" in told.fact("Trades")
    assert "☐" not in told.text


def test_a_decision_that_nobody_proved_or_on_other_content_stands_out():
    decision = dataclasses.replace(
        sample.approved_proposal().decision, authenticated=False, content_sha256="ab" * 32
    )
    told = page(dataclasses.replace(sample.approved_proposal(), decision=decision))
    assert told.fact("Name") == "cleo, NOT proven by a token"
    assert told.fact("Decided on") == f"OTHER CONTENT, {'ab' * 32}"


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (sample.superseded_proposal(), f"Superseded by {sample.LATER_PROPOSAL_NAME}: do not sign."),
        (sample.expired_proposal(), "Expired on 1 Dec 2025, 18:30 UTC: do not sign."),
        (sample.rejected_proposal(), "Rejected: these trades are not done."),
    ],
)
def test_what_is_not_open_any_more_says_so_at_the_top(proposal, words):
    told = page(proposal)
    assert words in told.text
    assert "☐" not in told.text


def test_a_minimal_proposal_has_the_parts_that_it_has():
    told = page(sample.minimal_proposal())
    for name in ("trades", "order", "sides", "proof", "decision"):
        assert told.section(name), name
    for name in ("rolls", "stresses", "limits", "exposures"):
        assert not told.section(name), name
    assert "contracts" not in told.rows("trades")[0]


def test_a_proposal_from_a_list_still_makes_a_page():
    bare = dataclasses.replace(PROPOSAL, plan=None, before=None, after=None)
    told = page(bare, dataclasses.replace(RUN, allocation=None))
    assert told.section("trades") == "Trades No line trades."
    assert "The run came without its allocation" in told.section("points")


def test_numbers_of_states_newer_than_this_client_are_told():
    told = page(dataclasses.replace(PROPOSAL, state=9))
    assert told.fact("State") == "newer kind 9"


# The file


def test_no_name_becomes_markup():
    def named(items):
        return tuple(dataclasses.replace(item, display_name=SCRIPT) for item in items)

    given = JOB.problem
    problem = dataclasses.replace(
        given,
        portfolio=dataclasses.replace(
            given.portfolio, lines=named(given.portfolio.lines), portfolio_id=SCRIPT
        ),
        market=dataclasses.replace(given.market, drivers=named(given.market.drivers)),
        mandate=dataclasses.replace(given.mandate, limits=named(given.mandate.limits)),
        scenarios=named(given.scenarios),
    )
    approved = sample.approved_proposal()
    plan = dataclasses.replace(
        approved.plan, trades=tuple(dataclasses.replace(item, symbol=SCRIPT) for item in approved.plan.trades)
    )
    proposal = dataclasses.replace(
        approved,
        plan=plan,
        content_sha256='";}</style>' + SCRIPT,
        barred_approvers=(SCRIPT,),
        decision=dataclasses.replace(approved.decision, comment=SCRIPT, principal=SCRIPT),
    )
    warnings = tuple(dataclasses.replace(item, message=SCRIPT) for item in RUN.allocation.warnings)
    run = dataclasses.replace(
        RUN, initiator=SCRIPT, allocation=dataclasses.replace(RUN.allocation, warnings=warnings)
    )
    told = page(proposal, run, dataclasses.replace(JOB, problem=problem, display_name=SCRIPT))
    assert not [node for node in told.nodes if node.tag == "script"]
    assert SCRIPT in told.text  # as text
    assert "script" not in told.style


def test_the_page_loads_nothing_and_runs_nothing(shown):
    for node in shown.nodes:
        assert node.tag not in {"script", "link", "iframe", "object", "a", "form"}
        for key, value in node.attributes.items():
            assert not key.startswith("on")
            assert key != "href"
            assert key != "src" or value.startswith("data:image/png;base64,")
    source = proposal_page(PROPOSAL, RUN, JOB)
    assert "http:" not in source
    assert "https:" not in source
    assert "url(" not in shown.style
    assert "@import" not in shown.style


def test_the_page_prints_on_a4_and_keeps_tables_whole(shown):
    assert re.search(r"@page\s*{[^}]*size: A4", shown.style)
    assert re.search(r"tr\s*{[^}]*break-inside: avoid", shown.style)
    assert re.search(r"thead\s*{[^}]*table-header-group", shown.style)
    tables = [node for node in shown.nodes if node.tag == "table"]
    assert tables
    assert all(len(table.all("thead")) == 1 for table in tables)


def test_pictures_are_in_the_page_with_words_for_those_who_do_not_see_them(shown):
    pictures = [node for node in shown.nodes if node.tag == "img"]
    assert [node.attributes["alt"].split(":")[0] for node in pictures] == [
        "8 lines trade 26.50 % of NAV one-way",
        "Gross notional leverage",
    ]


def test_without_matplotlib_the_page_is_written_and_says_so(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "counterpoise.proposal_page.plots.find_spec",
        lambda name: None if name == "matplotlib" else found(name),
    )
    told = page()
    assert not [node for node in told.nodes if node.tag == "img"]
    assert "counterpoise[pictures]" in told.section("plots")
    assert told.row("trades", "World equity fund")


def test_the_same_proposal_is_the_same_file(tmp_path):
    for name in ("one.html", "other.html"):
        write_proposal_page(PROPOSAL, RUN, JOB, tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()
    assert Page((tmp_path / "one.html").read_text(encoding="utf-8")).fact("State") == "open"
    assert PROPOSAL.state is RebalanceProposalState.OPEN
