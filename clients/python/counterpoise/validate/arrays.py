"""The check of repeated numbers, which the model holds as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import ErrorReason
from counterpoise.validate.numbers import judge_number
from counterpoise.validate.ranges import ANY
from counterpoise.validate.report import REJECTED, Place, Report
from counterpoise.validate.text import shown


@dataclass(frozen=True)
class ArrayCheck:
    """A row of finite numbers: an array of one dimension, or a list."""

    required: bool
    most: int

    def look(self, values: object, place: Place, report: Report) -> None:
        """Checks the row and its numbers."""
        if values is REJECTED:
            return
        if not isinstance(values, (np.ndarray, tuple, list)):
            if values is None and self.required:
                report.add(place, ErrorReason.FIELD_MISSING, _WANTED, unusable=True)
                return
            message = f"{shown(values)} is no row of numbers; write an array of one dimension, or a list"
            report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)
            return
        if isinstance(values, np.ndarray) and values.ndim != 1:
            message = (
                f"an array of {values.ndim} dimensions; write its numbers in one row, "
                "of a symmetric matrix the lower triangle (SymmetricMatrix.from_square)"
            )
            report.add(place, ErrorReason.MATRIX_SHAPE, message, unusable=True)
        elif len(values) == 0:
            if self.required:
                report.add(place, ErrorReason.FIELD_MISSING, _WANTED, unusable=True)
        elif len(values) > self.most:
            message = f"{len(values):,} numbers, at most {self.most:,} are taken; write fewer"
            report.add(place, ErrorReason.TOO_MANY, message, unusable=True)
        elif not (
            isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and np.isfinite(values).all()
        ):
            for index, value in enumerate(values):
                judge_number(ANY, value, (*place, index), report)


_WANTED = "required and empty; write its numbers, those of a matrix row by row"
