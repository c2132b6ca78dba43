"""Requests of rebalancing and marks as bytes, and the pages of their lists."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from counterpoise import wire
from counterpoise.client.calls import Call
from counterpoise.client.rpcs import Rpc
from counterpoise.errors import InvalidProblem
from counterpoise.validate import request_violations
from counterpoise.validate.measured import Request

Answer = TypeVar("Answer")
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """One page of a list; `following` asks for the next one, and is None after the last."""

    items: tuple[Item, ...]
    following: Call[Page[Item]] | None


def ask(rpc: Rpc, request: Request, read: Callable[[object], Answer]) -> Call[Answer]:
    """A request ready to send. Raises InvalidProblem where it has no place in a message."""
    return Call(rpc=rpc, request=serialized(rpc, request), read=read)


def page(question: Callable[[str], Call[tuple[tuple[Item, ...], str]]], place: str = "") -> Call[Page[Item]]:
    """The page at a place, which is what a token names.

    `question` asks by token, and reads items and the token of the next page.
    """
    call = question(place)

    def read(answer: tuple[tuple[Item, ...], str]) -> Page[Item]:
        items, following = answer
        return Page(items=items, following=page(question, following) if following else None)

    return call.then(read)


def identified(request_id: str) -> str:
    """The request id as it came; a new one for a call without.

    It is made with the request, before the first attempt, so that every retry has the same one and a call
    that was carried out although its answer was lost is not carried out again.
    """
    return request_id or str(uuid.uuid4())


def serialized(rpc: Rpc, request: Request) -> bytes:
    """The bytes of a request. Raises InvalidProblem where a field holds what its type cannot take."""
    try:
        return wire.to_message(request, rpc.request_type).SerializeToString()
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        # What has no place in a message is a violation with a path, wherever validation can name it.
        violations = request_violations(request)
        if not violations:
            raise
        raise InvalidProblem(violations) from None
