"""The calls of rebalancing, for the client that waits."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from counterpoise.client import job_calls, proposal_calls, run_calls
from counterpoise.client.channel import Channel
from counterpoise.client.slots import RUNS_AT_A_TIME, skipped
from counterpoise.client.waiting import until_final
from counterpoise.client.watching import Watch
from counterpoise.model import (
    KillSwitch,
    RebalanceJob,
    RebalanceJobState,
    RebalanceProposal,
    RebalanceProposalState,
    RebalanceRun,
    RebalanceRunState,
    WatchRebalanceRunsResponse,
)


class Rebalance:
    """Jobs, runs, proposals and kill switches; `Client.rebalance`.

    Names are those of resources: `tenants/{tenant}`, `tenants/{tenant}/rebalanceJobs/{job}`, and of the last
    `.../runs/{run}` and `.../proposals/{proposal}`; `-` in place of a job is all jobs where runs and
    proposals are listed or watched. Lists are iterators over all pages. Calls that change something make a
    request id where they are given none, and keep it over their retries: what was done is not done twice.

    Every call raises `NotFound` for what this tenant has not, `PreconditionFailed` where the state of things
    does not allow it, and `AccessDenied` where roles, or two pairs of eyes, do not.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def create_job(
        self,
        parent: str,
        job_id: str,
        job: RebalanceJob,
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> RebalanceJob:
        """Creates an active job under an id that no job of the tenant ever had; else `AlreadyExists`."""
        return self._channel.run(job_calls.create_job(parent, job_id, job, request_id), timeout_seconds)

    def get_job(
        self, name: str, *, revision: int | None = None, timeout_seconds: float | None = None
    ) -> RebalanceJob:
        """A job with its problem, deleted ones too; the current revision unless one is named."""
        return self._channel.run(job_calls.get_job(name, revision), timeout_seconds)

    def list_jobs(
        self,
        parent: str,
        *,
        states: Iterable[RebalanceJobState] = (),
        page_size: int | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[RebalanceJob]:
        """Jobs by name, without their problems; the timeout is for each page."""
        return self._channel.items(job_calls.list_jobs(parent, states, page_size), timeout_seconds)

    def update_job(
        self,
        job: RebalanceJob,
        fields: Iterable[str],
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> RebalanceJob:
        """Changes the named fields of a job to those of `job`, which was read and has the changes in it.

        Fields are `display_name`, `problem`, `schedule`, `triggers`, `run_policy` and `trade_policy`. The
        name says which job, and with the etag the call raises `Conflict` where somebody else changed it
        since.
        """
        return self._channel.run(job_calls.update_job(job, fields, request_id), timeout_seconds)

    def delete_job(
        self, name: str, *, etag: str = "", request_id: str = "", timeout_seconds: float | None = None
    ) -> RebalanceJob:
        """Deletes a job for good, with an etag only as it was read; it stays readable and its id taken."""
        return self._channel.run(job_calls.delete_job(name, etag, request_id), timeout_seconds)

    def pause_job(
        self, name: str, comment: str, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> RebalanceJob:
        """Pauses an active job, and says why."""
        return self._channel.run(job_calls.pause_job(name, comment, request_id), timeout_seconds)

    def resume_job(
        self, name: str, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> RebalanceJob:
        """Resumes a paused job."""
        return self._channel.run(job_calls.resume_job(name, request_id), timeout_seconds)

    def run_job(
        self,
        name: str,
        *,
        slot_time: datetime.datetime | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> RebalanceRun:
        """Starts a run and returns it pending; `wait_for_run` waits for its end.

        `slot_time` is a slot of the schedule that was skipped or has no run yet, as an instant with its zone;
        raises `AlreadyExists` where it has one.
        """
        return self._channel.run(job_calls.run_job(name, request_id, slot_time), timeout_seconds)

    def skipped_slots(
        self, name: str, *, timeout_seconds: float | None = None
    ) -> tuple[datetime.datetime, ...]:
        """Slots of a job that were skipped and have no run, earliest first.

        All its runs are read; the timeout is for each page.
        """
        runs = self._channel.items(run_calls.list_runs(name, (), RUNS_AT_A_TIME), timeout_seconds)
        return skipped(runs)

    def backfill(
        self, name: str, slot_times: Iterable[datetime.datetime], *, timeout_seconds: float = 300.0
    ) -> Iterator[RebalanceRun]:
        """Runs slots that were skipped or missed, earliest first, and yields each run in its final state.

        A slot is run once the caller asks for it, and the run before has ended. Raises as `run_job` and
        `wait_for_run`; the timeout is that of waiting for each run.
        """
        for slot in sorted(set(slot_times)):
            run = self.run_job(name, slot_time=slot)
            yield self.wait_for_run(run.name, timeout_seconds)

    def get_run(self, name: str, *, timeout_seconds: float | None = None) -> RebalanceRun:
        """A run with its whole allocation."""
        return self._channel.run(run_calls.get_run(name), timeout_seconds)

    def wait_for_run(self, name: str, timeout_seconds: float = 300.0) -> RebalanceRun:
        """The run in its final state, however it ended; asks for it, less and less often.

        Raises `DeadlinePassed` where it is still under way after so many seconds; the run goes on.
        """
        settings = self._channel.settings
        return self._channel.drive(
            until_final(
                name,
                timeout_seconds=timeout_seconds,
                call_timeout_seconds=settings.timeout_seconds,
                retry=settings.retry,
            )
        )

    def list_runs(
        self,
        parent: str,
        *,
        states: Iterable[RebalanceRunState] = (),
        page_size: int | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[RebalanceRun]:
        """Runs of a job, newest first, without their allocations; the timeout is for each page."""
        return self._channel.items(run_calls.list_runs(parent, states, page_size), timeout_seconds)

    def cancel_run(
        self, name: str, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> RebalanceRun:
        """Cancels a run that is pending or running."""
        return self._channel.run(run_calls.cancel_run(name, request_id), timeout_seconds)

    def watch_runs(
        self, parent: str, *, resume_token: str = "", timeout_seconds: float | None = None
    ) -> Iterator[WatchRebalanceRunsResponse]:
        """Every change of state of runs of a job, at least once, until the caller leaves the loop.

        Where the service is gone for up to a minute it goes on by itself after the last message that came.
        Keep the `resume_token` of a message with what was done for it, and start from there another time.
        """
        settings = self._channel.settings
        return self._channel.watch(
            Watch(parent, resume_token, timeout_seconds=timeout_seconds, retry=settings.retry)
        )

    def get_proposal(self, name: str, *, timeout_seconds: float | None = None) -> RebalanceProposal:
        """A proposal with the portfolio before and after."""
        return self._channel.run(proposal_calls.get_proposal(name), timeout_seconds)

    def list_proposals(
        self,
        parent: str,
        *,
        states: Iterable[RebalanceProposalState] = (),
        page_size: int | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[RebalanceProposal]:
        """Proposals of a job, newest first, without the portfolios; the timeout is for each page."""
        return self._channel.items(proposal_calls.list_proposals(parent, states, page_size), timeout_seconds)

    def approve(
        self,
        name: str,
        content_sha256: str,
        comment: str = "",
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> RebalanceProposal:
        """Approves an open proposal whose content was read: quote its `content_sha256`.

        Raises `Conflict` for another content, `AccessDenied` with reason SELF_APPROVAL for who wrote the job
        or started the run, and `PreconditionFailed` where it is no longer open or would break a hard limit on
        the latest marks.
        """
        return self._channel.run(
            proposal_calls.approve(name, content_sha256, comment, request_id), timeout_seconds
        )

    def reject(
        self,
        name: str,
        content_sha256: str,
        comment: str,
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> RebalanceProposal:
        """Rejects an open proposal whose content was read, and says why."""
        return self._channel.run(
            proposal_calls.reject(name, content_sha256, comment, request_id), timeout_seconds
        )

    def engage_kill_switch(
        self, scope: str, comment: str, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> KillSwitch:
        """Stops runs, approvals and releases of a job or of the whole tenant, and says why."""
        return self._channel.run(
            proposal_calls.engage_kill_switch(scope, comment, request_id), timeout_seconds
        )

    def release_kill_switch(
        self, scope: str, comment: str, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> tuple[KillSwitch, ...]:
        """Lets them go on; returns the switches that are still engaged."""
        return self._channel.run(
            proposal_calls.release_kill_switch(scope, comment, request_id), timeout_seconds
        )

    def list_kill_switches(
        self, parent: str, *, timeout_seconds: float | None = None
    ) -> tuple[KillSwitch, ...]:
        """The switches that are engaged, those for everybody too."""
        return self._channel.run(proposal_calls.list_kill_switches(parent), timeout_seconds)
