"""The dashboard asks for what the server shows, and says what it means."""

import itertools
import json

import pytest
import yaml

from tests.deploy.expressions import DASHBOARD, faults, promtool

BOARD = json.loads(DASHBOARD.read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
VARIABLES = {"$namespace": ".*", "$method": ".*", "$__rate_interval": "5m"}


def filled(expression):
    """The expression as Grafana sends it with everything chosen."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def overlap(one, other):
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_name_what_the_server_shows(expression):
    assert "$" not in filled(expression)
    assert not list(faults(filled(expression)))


def test_expressions_are_well_formed(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": filled(text)} for number, text in enumerate(EXPRESSIONS)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(EXPRESSIONS)} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_has_a_unit_and_says_what_it_shows(panel):
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert len(panel["description"]) > 40
    assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_the_chosen_prometheus_and_installation(panel):
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert panel["datasource"] == chosen
    for target in panel["targets"]:
        assert target["datasource"] == chosen
        assert target["expr"].count("{") == target["expr"].count('{namespace=~"$namespace"')


def test_variables_are_declared():
    declared = {variable["name"] for variable in BOARD["templating"]["list"]}
    assert declared == {"datasource", "namespace", "method"}


def test_ids_differ_and_panels_have_places_of_their_own():
    identifiers = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert not [pair for pair in itertools.combinations(places, 2) if overlap(*pair)]


def test_rows_are_in_the_order_of_a_look():
    rows = [panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Answers", "Solving", "Capacity", "Portfolios", "Rebalancing"]
