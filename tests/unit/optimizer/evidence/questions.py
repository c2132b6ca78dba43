"""Questions to put to histories, built from arrays."""

import datetime

import numpy as np

from counterpoise.model import (
    AlphaQuestion,
    Frequency,
    ReturnBasis,
    ReturnColumn,
    ReturnHistory,
    VerifyAlphaRequest,
)
from optimizer.usecases.verify_alpha import verify_alpha

MONTHS_A_PERIOD = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3}


def period_ends(count, frequency=Frequency.MONTHLY, first=datetime.date(2000, 1, 31)):
    """Last days of neighbouring periods."""
    if frequency is Frequency.WEEKLY:
        return tuple(first + datetime.timedelta(weeks=index) for index in range(count))
    if frequency is Frequency.DAILY:
        days = np.busday_offset(np.datetime64(first, "D"), np.arange(count), roll="forward")
        return tuple(days.tolist())
    months = MONTHS_A_PERIOD[frequency]
    start = np.datetime64(first, "M") + months * np.arange(1, count + 1)
    return tuple((start.astype("datetime64[D]") - 1).tolist())


def column(column_id, returns, basis=ReturnBasis.EXCESS):
    """A column; what is not a number is missing."""
    known = ~np.isnan(returns)
    missing = tuple(int(index) for index in np.flatnonzero(~known))
    return ReturnColumn(
        column_id=column_id, basis=basis, returns=np.where(known, returns, 0.0), missing_periods=missing
    )


def ask(sleeves, factors, *, cash=None, dates=None, frequency=Frequency.MONTHLY, **terms):
    """A question on returns over cash, or on total returns where there is cash."""
    basis = ReturnBasis.EXCESS if cash is None else ReturnBasis.TOTAL
    columns = [column(name, np.asarray(returns), basis) for name, returns in {**sleeves, **factors}.items()]
    if cash is not None:
        columns.append(column("cash", cash, ReturnBasis.TOTAL))
    history = ReturnHistory(
        frequency=frequency,
        dates=dates or period_ends(len(columns[0].returns), frequency),
        columns=tuple(columns),
    )
    return AlphaQuestion(
        history=history,
        sleeve_ids=tuple(sleeves),
        factor_ids=tuple(factors),
        cash_id="" if cash is None else "cash",
        **terms,
    )


def answer(question):
    """What a whole call says."""
    return verify_alpha(VerifyAlphaRequest(question=question))


def evidence(*args, **terms):
    """What is said of the only sleeve."""
    (found,) = answer(ask(*args, **terms)).evidence
    return found


def unrelated(noise, *others):
    """Noise with a mean of exactly zero that no combination of the others explains."""
    design = np.column_stack([np.ones(len(noise)), *others])
    return noise - design @ np.linalg.lstsq(design, noise)[0]
