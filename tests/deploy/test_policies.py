"""Every policy can fail: a manifest that is broken in one way gets the finding that says so."""

from __future__ import annotations

import copy

import pytest

from optimizer.settings import PREFIX
from tests.deploy import reference_policies, set_policies
from tests.deploy.broken_links import BROKEN_LINKS
from tests.deploy.broken_pods import BROKEN_PODS
from tests.deploy.manifests import DEPLOY, render
from tests.deploy.test_manifests import POLICIES

BREAKS = BROKEN_PODS | BROKEN_LINKS


@pytest.fixture(scope="module")
def sound():
    return render(DEPLOY / "kustomize/base"), render(DEPLOY / "kustomize/overlays/cronjob")


def test_every_policy_is_broken_somewhere():
    assert {policy for policy, _, _ in BREAKS.values()} == set(POLICIES)


@pytest.mark.parametrize(("policy", "breaks", "finding"), BREAKS.values(), ids=BREAKS)
def test_what_is_broken_is_found(sound, policy, breaks, finding):
    # Rounds are in the overlay alone, and the scheduler in the base alone.
    manifests = copy.deepcopy(sound[policy is set_policies.rounds])
    before = policy(manifests)
    breaks(manifests)
    new = [found for found in policy(manifests) if found not in before]
    assert any(finding in found for found in new), new


def test_every_secret_setting_is_looked_for():
    hidden = reference_policies.secret_variables()
    assert {PREFIX + "STORE_DSN", PREFIX + "WEBHOOK_URL"} <= hidden
    assert PREFIX + "LOG_LEVEL" not in hidden
