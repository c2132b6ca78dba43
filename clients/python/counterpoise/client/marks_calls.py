"""What the methods ask that concern marks, and how they read the answers."""

from __future__ import annotations

from counterpoise.client.answers import present, typed
from counterpoise.client.calls import Call
from counterpoise.client.questions import Page, ask, identified, page
from counterpoise.client.rpcs import LIST_MARKS, RECORD_MARKS
from counterpoise.model import (
    ListMarksRequest,
    ListMarksResponse,
    Marks,
    RecordMarksRequest,
    RecordMarksResponse,
)


def record_marks(parent: str, marks: Marks, request_id: str) -> Call[Marks]:
    """RecordMarks."""
    return ask(
        RECORD_MARKS,
        RecordMarksRequest(parent=parent, marks=marks, request_id=identified(request_id)),
        lambda response: present(typed(response, RecordMarksResponse).marks, "marks"),
    )


def list_marks(parent: str, page_size: int | None) -> Call[Page[Marks]]:
    """ListMarks, its first page."""

    def question(page_token: str) -> Call[tuple[tuple[Marks, ...], str]]:
        request = ListMarksRequest(parent=parent, page_size=page_size, page_token=page_token)
        return ask(LIST_MARKS, request, _marks)

    return page(question)


def _marks(response: object) -> tuple[tuple[Marks, ...], str]:
    answer = typed(response, ListMarksResponse)
    return answer.marks, answer.next_page_token
