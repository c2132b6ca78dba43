"""Tables behind the verdicts on histories."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import AlphaEvidence, AlphaQuestion
from counterpoise.wording.evidence import confidence, prior, rolling_explained, thresholds
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import SMOOTHING_TREATMENTS, say

_ROWS = 60


def table(
    title: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    left: tuple[int, ...] = (0,),
    footnotes: tuple[str, ...] = (),
) -> Section | None:
    """A section with the first rows, and how many more there are; None without any."""
    if not rows:
        return None
    hidden = len(rows) - _ROWS
    more = (f"{hidden} more rows; --json has all.",) if hidden > 0 else ()
    return Section(title=title, columns=columns, rows=rows[:_ROWS], left=left, footnotes=(*more, *footnotes))


def alphas(evidence: Sequence[AlphaEvidence], question: AlphaQuestion) -> Section | None:
    """Alpha with its interval and t, what factors explain, and what is believed."""
    regressed = [(item, item.regression) for item in evidence if item.regression is not None]
    level = f"{percent(confidence(question), 0)} %"
    rows = [
        (
            item.sleeve_id,
            percent(one.annual_alpha),
            percent(one.annual_alpha_lower),
            percent(one.annual_alpha_upper),
            fixed(one.alpha_t, 2),
            fixed(one.verdict_r_squared, 3),
            percent(one.annual_residual_volatility),
            fixed(one.appraisal_ratio, 2),
            "" if one.years_for_significance is None else fixed(one.years_for_significance, 1),
            "" if item.sleeve_class is None else percent(item.annual_shrunk_alpha),
            "" if item.sleeve_class is None else percent(item.annual_shrunk_alpha_error),
        )
        for item, one in regressed
    ]
    lags = sorted({one.error_lag_count for _, one in regressed})
    charge, reclassify = thresholds(question)
    return table(
        "Alpha, % a year",
        ("Sleeve", "alpha", "from", "to", "t", "R-sq.", "resid.", "appr.", "years", "shrunk", "error"),
        rows,
        footnotes=(
            f"from and to are the {level} interval of alpha; errors are Newey-West, with "
            f"{' or '.join(map(str, lags))} lags. shrunk is alpha "
            f"{prior(question)}, with its error.",
            "R-sq. is what the factors explain, adjusted for how many they are: alpha below "
            f"{fixed(charge, 2)}, beta above {fixed(reclassify, 2)}. resid. is the volatility that they "
            "leave, appr. alpha over it, years how long a history of that takes to a t of 2.",
        ),
    )


def loadings(evidence: Sequence[AlphaEvidence], what: str = "Sleeve") -> Section | None:
    """Loadings on each factor and lag; `what` heads the column of names."""
    rows = [
        (
            item.sleeve_id,
            one.factor_id,
            str(one.lag),
            fixed(one.loading, 3),
            fixed(one.error, 3),
            fixed(one.t, 2),
        )
        for item in evidence
        if item.regression is not None
        for one in item.regression.loadings
    ]
    lagged = any(row[2] != "0" for row in rows)
    keep = (0, 1, 2, 3, 4, 5) if lagged else (0, 1, 3, 4, 5)
    columns = (what, "Factor", "lag", "loading", "error", "t")
    shown = [tuple(row[index] for index in keep) for row in rows]
    return table("Loadings", tuple(columns[index] for index in keep), shown, left=(0, 1))


def smoothing(evidence: Sequence[AlphaEvidence], what: str = "Sleeve") -> Section | None:
    """What was found about smoothed returns, and what was done; `what` heads the column of names."""
    rows = [
        (
            item.sleeve_id,
            fixed(one.autocorrelation, 2),
            "<0.0001" if one.p_value < 1e-4 else fixed(one.p_value, 4),
            say(one.treatment, SMOOTHING_TREATMENTS),
            percent(one.annual_reported_volatility),
            percent(one.annual_volatility),
            " ".join(fixed(weight, 2) for weight in one.weights[:3]),
        )
        for item in evidence
        for one in [item.smoothing]
        if one is not None
    ]
    return table(
        "Smoothing",
        (what, "autocorr.", "p", "Treatment", "vol., %", "after", "Weights"),
        rows,
        left=(0, 3, 6),
        footnotes=(
            "p is how often chance gives as much autocorrelation. Weights are those of the true returns, "
            "this period's first, in the reported one: the first three.",
        ),
    )


def ratios(evidence: Sequence[AlphaEvidence], question: AlphaQuestion) -> Section | None:
    """Ratios and losses, after the treatment of smoothing."""
    rows = [
        (
            item.sleeve_id,
            percent(one.annual_excess_return),
            percent(one.annual_volatility),
            fixed(one.sharpe_ratio, 2),
            fixed(one.sortino_ratio, 2),
            fixed(one.information_ratio, 2),
            fixed(one.beta, 2),
            "" if one.up_beta is None else fixed(one.up_beta, 2),
            "" if one.down_beta is None else fixed(one.down_beta, 2),
            percent(one.annual_jensen_alpha),
            percent(one.maximum_drawdown),
        )
        for item in evidence
        for one in [item.performance]
        if one is not None
    ]
    market = question.market_id or next(iter(question.factor_ids), "")
    return table(
        "Ratios and losses, returns in %",
        ("Sleeve", "return", "vol.", "Sharpe", "Sortino", "info.", "beta", "up", "down", "Jensen", "fall"),
        rows,
        footnotes=(
            f"Over cash, after the treatment of smoothing; info., betas and Jensen's alpha against {market}. "
            "fall is the largest from a peak, of returns as they came.",
        ),
    )


def stress_windows(evidence: Sequence[AlphaEvidence]) -> Section | None:
    """Correlation with the market, and return, in each window of bad times."""
    rows = [
        (
            item.sleeve_id,
            one.window_id,
            str(one.period_count),
            "" if one.correlation is None else fixed(one.correlation, 2),
            percent(one.compounded_return),
        )
        for item in evidence
        for one in item.stress_correlations
    ]
    return table(
        "Windows of stress", ("Sleeve", "Window", "periods", "correlation", "return, %"), rows, left=(0, 1)
    )


def rolling(evidence: Sequence[AlphaEvidence], question: AlphaQuestion) -> Section | None:
    """How alpha and R-squared moved over rolling windows: least, largest, last."""
    rows = []
    for item in evidence:
        if item.rolling:
            alpha = [window.annual_alpha for window in item.rolling]
            explained = [rolling_explained(item, window, question) for window in item.rolling]
            rows.append(
                (
                    item.sleeve_id,
                    str(len(alpha)),
                    *[percent(number) for number in (min(alpha), max(alpha), alpha[-1])],
                    *[fixed(number, 2) for number in (min(explained), max(explained), explained[-1])],
                )
            )
    return table(
        f"Rolling windows of {question.rolling_period_count} periods",
        ("Sleeve", "windows", "alpha, %: least", "most", "last", "R-sq.: least", "most", "last"),
        rows,
        footnotes=(
            "Smoothing is undone once, over the whole history, also in windows that end before it. R-sq. is "
            "adjusted for the number of factors and lags.",
        ),
    )
