"""Numbers as people read them: percent, basis points, money, each rounded so that -0 never shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from counterpoise.model import AllocationProblem, Unit

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_SCALES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_TABLES_IN_MILLIONS_FROM = 1e7
_SCENARIOS_IN_BILLIONS_FROM = 1e10

DUST = 1e-6
"""Fraction of NAV below which a solver left something because it rounds, not because it matters."""
PER_BASIS_POINT = "bp/bp"
"""The unit of what a basis point of a rate or a spread brings."""
LEAST_SAID = 5e-6
"""What is 0.1 bp when rounded."""
WORTH_A_SENTENCE = 1e-4
"""Fraction of NAV below which nothing is said per unit of a thing."""


def fixed(number: float, digits: int, *, signed: bool = False) -> str:
    """A number with so many decimals and thousands separators."""
    rounded = round(number, digits) + 0.0
    return f"{rounded:+,.{digits}f}" if signed and rounded else f"{rounded:,.{digits}f}"


def percent(decimal: float, digits: int = 2, *, signed: bool = False) -> str:
    """A decimal in percent, without the sign: 0.3 is 30.00."""
    return fixed(100 * decimal, digits, signed=signed)


def basis_points(decimal: float, digits: int = 1, *, signed: bool = False) -> str:
    """A decimal in basis points, without the unit: 0.003 is 30.0."""
    return fixed(1e4 * decimal, digits, signed=signed)


def against(difference: float, other: str) -> str:
    """A difference of annual decimals in words: `3.0 bp less than the reference`."""
    points = basis_points(abs(difference))
    if points == basis_points(0.0):
        return f"as much as {other}"
    return f"{points} bp {'less' if difference < 0 else 'more'} than {other}"


def brief(decimal: float) -> str:
    """A small decimal in basis points with three digits, without the unit: 2.5e-6 is 0.025."""
    return f"{1e4 * decimal:.3g}"


def small(number: float) -> str:
    """A number near zero, two digits and its power of ten."""
    return f"{number:.1e}" if number else "0"


def in_unit(value: float, unit: Unit) -> str:
    """A reported number with its unit."""
    formats = {
        Unit.RATIO: f"{fixed(value, 3)}x",
        Unit.NAV_FRACTION: f"{percent(value)} %",
        Unit.ANNUAL_RATE: f"{percent(value)} %",
        Unit.NAV_FRACTION_PER_BASIS_POINT: f"{basis_points(value, 3)} {PER_BASIS_POINT}",
    }
    return formats.get(unit) or f"{value:g}"


@dataclass(frozen=True, kw_only=True)
class Money:
    """Money of one portfolio: tables have one scale, sentences the one that suits the amount."""

    currency_code: str
    nav_amount: float
    in_billions: bool = False
    """Whether tables are in billions."""

    @property
    def of_scenarios(self) -> Money:
        """The same for tables of scenarios: those of a large fund have only figures that matter."""
        return replace(self, in_billions=self.nav_amount >= _SCENARIOS_IN_BILLIONS_FROM)

    @property
    def heading(self) -> str:
        """The unit of `cell`."""
        scale = "bn" if self.in_billions else "M" if self._in_millions else ""
        return f"{_SYMBOLS.get(self.currency_code) or self.currency_code + ' '}{scale}".strip()

    def cell(self, amount: float, *, signed: bool = False) -> str:
        """An amount in base currency for a table, in the unit of the heading."""
        if self.in_billions:
            return fixed(amount / 1e9, 2, signed=signed)
        if self._in_millions:
            return fixed(amount / 1e6, 2, signed=signed)
        return fixed(amount, 0, signed=signed)

    def cell_of(self, fraction: float, *, signed: bool = False) -> str:
        """A fraction of NAV for a table."""
        return self.cell(fraction * self.nav_amount, signed=signed)

    def words(self, amount: float) -> str:
        """An amount in base currency for a sentence: $42.3k."""
        scale, suffix = next((item for item in _SCALES if abs(amount) >= item[0]), (1.0, ""))
        symbol = _SYMBOLS.get(self.currency_code) or self.currency_code + " "
        # Four digits carry all that an input of two or three can mean.
        digits = f"{abs(amount) / scale:.4g}" if abs(amount) >= 1 else f"{abs(amount):.2f}"
        return f"{'-' if amount < 0 and float(digits) else ''}{symbol}{digits}{suffix}"

    def words_of(self, fraction: float) -> str:
        """A fraction of NAV for a sentence."""
        return self.words(fraction * self.nav_amount)

    def words_beyond_dust(self, fraction: float) -> str:
        """A fraction of NAV for a sentence, what a solver left over as zero: $0."""
        if abs(fraction) < DUST:
            return f"{_SYMBOLS.get(self.currency_code) or self.currency_code + ' '}0"
        return self.words_of(fraction)

    @property
    def _in_millions(self) -> bool:
        return self.nav_amount >= _TABLES_IN_MILLIONS_FROM


def money_of(problem: AllocationProblem) -> Money:
    """The money of a problem's portfolio."""
    portfolio = problem.portfolio
    return Money(currency_code=portfolio.base_currency_code, nav_amount=portfolio.nav_amount)
