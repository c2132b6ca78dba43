"""Pictures of the proposal inside the page, where the library that draws is installed."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec

from counterpoise.proposal_page.markup import Html, element, note, picture, section
from counterpoise.proposal_page.subject import Subject

_DOTS_PER_INCH = 170
_WITHOUT = "Pictures are left out: they need matplotlib, which pip install 'counterpoise[pictures]' brings."


def plots(subject: Subject) -> Html:
    """Positions, leverage and losses before and after; or what to install for them."""
    if find_spec("matplotlib") is None:
        return section("plots", "Pictures", note(_WITHOUT))
    from counterpoise import pictures

    drawn = []
    if subject.plan.trades:
        drawn.append(pictures.draw_trades(subject.proposal, subject.problem))
    if any(item.part == "leverage" for item in subject.compared):
        drawn.append(pictures.draw_before_after(subject.proposal, subject.problem))
    if not drawn:
        return Html("")
    shown = []
    for figure in drawn:
        stream = io.BytesIO()
        # Without the name of what drew it, so that the same proposal is the same page.
        figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
        shown.append(picture(base64.b64encode(stream.getvalue()).decode(), figure.get_suptitle()))
    return section("plots", "Pictures", element("div", *shown, css="pair"))
