"""Pictures of the proposal inside the page, where the library that draws is installed."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

from counterpoise.proposal_page.markup import Html, note, picture, section
from counterpoise.proposal_page.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 170
_WITHOUT = "Pictures are left out: they need matplotlib, which pip install 'counterpoise[pictures]' brings."


def plots(subject: Subject) -> tuple[Html, Html]:
    """Positions before and after, and leverage with losses; nothing for what a proposal does not carry.

    Where the library that draws is not installed the first of the two says so.
    """
    if find_spec("matplotlib") is None:
        return section("plots", "Pictures", note(_WITHOUT)), Html("")
    from counterpoise import pictures

    proposal, problem = subject.proposal, subject.problem
    measured = any(item.part == "leverage" for item in subject.compared)
    return (
        _inside(pictures.draw_trades(proposal, problem)) if subject.plan.trades else Html(""),
        _inside(pictures.draw_before_after(proposal, problem)) if measured else Html(""),
    )


def _inside(figure: Figure) -> Html:
    stream = io.BytesIO()
    # Without the name of what drew it, so that the same proposal is the same page.
    figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return picture(base64.b64encode(stream.getvalue()).decode(), figure.get_suptitle())
