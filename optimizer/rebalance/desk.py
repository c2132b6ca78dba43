"""What calls about rebalancing work with: the store, a clock, and a bell for who runs runs."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from counterpoise.canonical import canonical_json
from counterpoise.model import ErrorReason
from optimizer.rebalance.names import Caller, actor_of, halting_scopes
from optimizer.store import (
    Act,
    Connection,
    Engine,
    RequestKey,
    database_instant,
    engaged_switches,
    recall,
    remember,
    writing,
)
from optimizer.store.errors import (
    AlreadyExists,
    ApproverBarred,
    ContentMismatch,
    NotFound,
    ProposalNotOpen,
    RequestIdReused,
    RunInProgress,
    StateChanged,
    StoreAddressError,
    StoreError,
    StoreUnavailable,
    VersionChanged,
)
from optimizer.telemetry.schedule_metrics import ScheduleMetrics
from optimizer.usecases.errors import Refused

T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class Desk:
    """The store with its clock; `wake` is called when there is a run to be run or a trade to be released."""

    engine: Engine
    now: Callable[[], datetime.datetime]
    wake: Callable[[], None]
    database_now: Callable[[Connection], datetime.datetime | None] = database_instant
    """What the clock says that machines share; None where there is none but this machine's."""
    delivers: bool = False
    """Whether messages leave: without a webhook approved trades wait, and are withheld in the end."""
    metrics: ScheduleMetrics = field(default_factory=ScheduleMetrics)
    """Who counts slots and triggers."""


class Changing(Protocol):
    """A request that changes something, one of the model's dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def request_id(self) -> str:
        """The caller's key: the same one again has no further effect."""


def once(
    desk: Desk,
    caller: Caller,
    request: Changing,
    effect: Callable[[Act], str],
    *,
    state_changed: ErrorReason = ErrorReason.JOB_NOT_ACTIVE,
) -> str:
    """Have a request's effect, in one transaction, unless it was had before; the name of what it made.

    Raises Refused, with `state_changed` where what it changes is in another state than it starts from.
    """
    # A UUID is the same one in capitals; and what one person asked another does not ask again.
    request_id = request.request_id.lower()
    asked = f"{caller.subject}\n{canonical_json(replace(request, request_id=request_id))}"
    key = RequestKey(
        tenant=caller.tenant,
        method=type(request).__name__.removesuffix("Request"),
        request_id=request_id,
        content_sha256=hashlib.sha256(asked.encode()).hexdigest(),
    )
    with refusing(state_changed), writing(desk.engine) as connection:
        now = desk.now()
        name = recall(connection, key, now)
        if name is None:
            name = effect(Act(connection=connection, actor=actor_of(caller), instant=now))
            remember(connection, key, name, now)
        return name


_REASONS: tuple[tuple[type[StoreError], ErrorReason], ...] = (
    (StoreUnavailable, ErrorReason.STORE_UNAVAILABLE),
    (StoreAddressError, ErrorReason.STORE_UNAVAILABLE),
    (NotFound, ErrorReason.RESOURCE_NOT_FOUND),
    (AlreadyExists, ErrorReason.RESOURCE_EXISTS),
    (VersionChanged, ErrorReason.RESOURCE_CHANGED),
    (ContentMismatch, ErrorReason.RESOURCE_CHANGED),
    (ProposalNotOpen, ErrorReason.PROPOSAL_NOT_OPEN),
    (ApproverBarred, ErrorReason.SELF_APPROVAL),
    (RequestIdReused, ErrorReason.REQUEST_ID_REUSED),
    (RunInProgress, ErrorReason.RUN_IN_PROGRESS),
)


@contextmanager
def refusing(
    state_changed: ErrorReason = ErrorReason.JOB_NOT_ACTIVE,
) -> Iterator[None]:
    """What the store refuses, as reasons of the contract; `state_changed` is that of a wrong state."""
    try:
        yield
    except StoreError as error:
        reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)
        if reason is None and isinstance(error, StateChanged):
            reason = state_changed
        if reason is None:
            raise
        raise Refused(reason, str(error)) from error


def refuse_halted(connection: Connection, job: str) -> None:
    """Raises Refused while a kill switch stops the job."""
    switches = engaged_switches(connection, halting_scopes(job))
    if switches:
        first = switches[0]
        raise Refused(
            ErrorReason.REBALANCING_HALTED,
            f"{first.principal} stopped {first.scope}: {first.comment}; release the kill switch first",
            {"scope": first.scope},
        )


def is_halted(connection: Connection, job: str) -> bool:
    """Whether a kill switch stops the job."""
    return bool(engaged_switches(connection, halting_scopes(job)))


def page_token(question: object, position: list[Any]) -> str:
    """Where a list or a stream goes on; of use with the same question only."""
    text = json.dumps([_digest(question), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def position_of(question: object, token: str, read: Callable[[list[Any]], T]) -> T | None:
    """What `page_token` holds, as `read` takes it; None for an empty token.

    Raises Refused for one of another question, and for anything that is no token: strangers write them.
    """
    if not token:
        return None
    try:
        digest, position = json.loads(base64.urlsafe_b64decode(token.encode()))
        if digest == _digest(question):
            return read(position)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        pass
    raise Refused(
        ErrorReason.PAGE_TOKEN_INVALID,
        "the token is not one of this question; ask without it, or with the other fields as they were",
    )


def name_of(position: list[Any]) -> str:
    """A position that is a name."""
    (name,) = position
    if not isinstance(name, str):
        raise TypeError("a name is text")
    return name


def _digest(question: object) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]
