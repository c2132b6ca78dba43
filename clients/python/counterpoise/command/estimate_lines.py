"""An estimated market and its sleeves, as the parts of a problem file that they are."""

from __future__ import annotations

from counterpoise.files.friendly import to_yaml, tree_of
from counterpoise.model import EstimateRiskModelResponse, LineEstimate, RiskModelQuestion
from counterpoise.wording.estimation import given_stress, kept_volatilities, method, named_stress
from counterpoise.wording.evidence import prior
from counterpoise.wording.figures import percent


def problem_parts(response: EstimateRiskModelResponse, question: RiskModelQuestion) -> str:
    """YAML: the market, and the lines of sleeves under the portfolio, each with what was estimated of it.

    Comments at its top keep how it was estimated. Minima, maxima and liquidity of lines are the caller's. A
    sleeve with too little data has no alpha sleeve, which a comment says.
    """
    without = [
        line.line_id for line in response.lines if line.evidence is None or line.evidence.alpha_sleeve is None
    ]
    matrix = response.market.risk_model.sleeve_residual_correlation if response.market is not None else None
    related = matrix.axis_ids if matrix is not None else ()
    comments = [
        f"# {line_id}: too little data for an alpha; give it an alpha_sleeve, or leave it out"
        f"{' (also of sleeve_residual_correlation)' if line_id in related else ''}.\n"
        for line_id in without
    ]
    tree: dict[str, object] = {}
    if response.market is not None:
        tree["market"] = tree_of(response.market)
    if response.lines:
        tree["portfolio"] = {"lines": [_line(line) for line in response.lines]}
    return "".join([_origin(response), *_settings(response, question), *comments, to_yaml(tree)])


def _origin(response: EstimateRiskModelResponse) -> str:
    report = response.covariance
    when = f", {report.first_date} to {report.last_date}" if report is not None and report.first_date else ""
    return f"# Estimated from returns{when}. Question {response.provenance.problem_sha256}\n"


def _settings(response: EstimateRiskModelResponse, question: RiskModelQuestion) -> list[str]:
    """Method, floors, bad times and prior, as comments: YAML without them is numbers of unknown origin."""
    report = response.covariance
    raised = report.floored_column_ids if report is not None else ()
    told = [method(question, report)] if report is not None else []
    told += [
        f"Floor {floor.volatility_floor_id}: {percent(floor.annual_volatility)} % a year of "
        f"{', '.join(f'{name}*' if name in raised else name for name in floor.column_ids)}."
        for floor in question.volatility_floors
    ]
    told += ["* is raised to its floor."] if raised else []
    told += [named_stress(question), given_stress(question), kept_volatilities(question)]
    told += [f"What is believed of an alpha is {prior(question)}."] if response.lines else []
    return [f"# {sentence}\n" for sentence in told if sentence]


def _line(line: LineEstimate) -> dict[str, object]:
    sleeve = line.evidence.alpha_sleeve if line.evidence is not None else None
    kind = {"alpha_sleeve": tree_of(sleeve)} if sleeve is not None else {}
    return {
        "line_id": line.line_id,
        "loadings": {item.driver_id: item.value for item in line.loadings},
        "annual_residual_volatility": line.annual_residual_volatility,
        **kind,
    }
