"""Alerts fire where they should and not just before; what they name exists."""

import re

import pytest
import yaml

from tests.deploy.expressions import DEPLOY, RULE_TESTS, RULES, faults, promtool

RULE_LIST = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULE_LIST if "alert" in rule}
RECORDED = {rule["record"] for rule in RULE_LIST if "record" in rule}
CHECKS = [
    check
    for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]
    for check in test.get("promql_expr_test", ())
]


def test_every_alert_fires_above_its_threshold_and_not_below():
    assert "SUCCESS" in promtool("test", "rules", RULE_TESTS)


def test_rules_and_scrapes_are_well_formed():
    promtool("check", "rules", RULES)
    promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yaml")


@pytest.mark.parametrize("rule", RULE_LIST, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_name_what_the_server_shows(rule):
    assert not list(faults(rule["expr"]))
    used = set(re.findall(r"\w+:[\w:]+", re.sub(r"\"[^\"]*\"", "", rule["expr"])))
    assert used <= RECORDED


@pytest.mark.parametrize(
    "expression",
    [
        "rate(counterpoise_call_total[5m])",
        'counterpoise_calls_total{reason="SERVER_BUSY"}',
        'counterpoise_calls_total{code=~"INTERNAL|UNAVAILBLE"}',
        'counterpoise_job_leverage_ratio{definition="GROSS"}',
    ],
)
def test_names_that_the_server_lacks_are_found(expression):
    assert list(faults(expression))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_to_do(name):
    alert = ALERTS[name]
    assert name.startswith("Counterpoise")
    assert alert["labels"]["severity"] in {"page", "ticket", "info"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert len(alert["annotations"]["description"]) > 60
    assert alert["annotations"]["runbook"].startswith("1. ")


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_shown_to_fire_and_not_to_fire(name):
    checks = [check for check in CHECKS if f'alertname="{name}"' in check["expr"]]
    # One check shows both where a second namespace stays silent in it.
    assert any(check["exp_samples"] for check in checks)
    assert any(not check["exp_samples"] for check in checks) or all(
        sample["labels"].endswith('namespace="over"}') for check in checks for sample in check["exp_samples"]
    )


def test_what_must_wake_somebody_does():
    pages = {name for name, alert in ALERTS.items() if alert["labels"]["severity"] == "page"}
    assert {
        "CounterpoiseAuditHeadWentBack",
        "CounterpoiseAuditHeadLost",
        "CounterpoiseCoverageBelowOne",
        "CounterpoiseSchedulerStalled",
        "CounterpoiseStoreUnreachable",
    } <= pages
