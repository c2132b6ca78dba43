"""Requests and responses of MonitorService."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.marks import Marks


@dataclass(frozen=True, kw_only=True)
class RecordMarksRequest:
    """Request of RecordMarks."""

    parent: str
    marks: Marks
    request_id: str


@dataclass(frozen=True, kw_only=True)
class RecordMarksResponse:
    """Response of RecordMarks."""

    marks: Marks | None = None


@dataclass(frozen=True, kw_only=True)
class ListMarksRequest:
    """Request of ListMarks."""

    parent: str
    page_size: int | None = None
    page_token: str = ""


@dataclass(frozen=True, kw_only=True)
class ListMarksResponse:
    """Response of ListMarks."""

    marks: tuple[Marks, ...] = ()
    next_page_token: str = ""
