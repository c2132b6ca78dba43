"""What the Dockerfile promises by its text, without building it."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
TEXT = (DEPLOY / "Dockerfile").read_text()


def stages(text):
    """Instructions of each stage: [(name, arguments)], long lines joined and comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, arguments))
    return found


STAGES = stages(TEXT)
LAST = STAGES[-1]


def test_lines_are_read_as_a_builder_reads_them():
    text = "ARG A\nFROM x AS y\n# no\nRUN a \\\n    # no\n    && b\nFROM y\nUSER 1\n"
    assert stages(text) == [[("FROM", "x AS y"), ("RUN", "a && b")], [("FROM", "y"), ("USER", "1")]]


def test_it_ends_as_a_user_without_a_name_who_owns_nothing():
    assert [arguments for name, arguments in LAST if name == "USER"] == ["65532:65532"]
    assert "--chown" not in TEXT


def test_it_serves_calls_and_metrics_by_default():
    last = dict(LAST)
    assert last["EXPOSE"].split() == ["50051", "9464"]
    assert last["ENTRYPOINT"] == '["counterpoise-server"]'
    assert last["CMD"] == '["serve"]'


def test_every_stage_stands_on_the_one_base_which_is_an_argument():
    assert re.search(r"^ARG BASE_IMAGE=\S+:\S+$", TEXT, flags=re.MULTILINE)
    bases = [dict(stage)["FROM"] for stage in STAGES]
    assert bases == ["${BASE_IMAGE} AS python", "python AS build", "python"]


def test_the_last_stage_installs_nothing_and_takes_the_environment_alone():
    assert not [arguments for name, arguments in LAST if name == "RUN"]
    assert [arguments for name, arguments in LAST if name in {"COPY", "ADD"}] == [
        "--from=build /opt/counterpoise /opt/counterpoise"
    ]
    (packages,) = [arguments for name, arguments in STAGES[0] if name == "RUN"]
    assert re.findall(r"apt-get install \S+ --no-install-recommends (.*?) &&", packages) == ["python3.11"]


def test_programs_that_change_who_one_is_lose_that_in_the_stage_that_all_stand_on():
    (packages,) = [arguments for name, arguments in STAGES[0] if name == "RUN"]
    assert "find / -xdev -type f -perm /6000 -exec chmod a-s {} +" in packages


def test_it_installs_with_the_commands_of_make():
    """The lock with its hashes, then the two distributions; make installs these in editable form."""
    make = (REPOSITORY / "Makefile").read_text()
    (options,) = re.findall(r"^PIP_INSTALL := install (.*)$", make, flags=re.MULTILINE)
    (locked,) = re.findall(r"\$\(PIP_INSTALL\) (.* -r requirements\.lock)$", make, flags=re.MULTILINE)
    (packages,) = re.findall(
        r"^EDITABLE := \$\(PIP_INSTALL\) (.*) -e clients/python -e \.$", make, re.MULTILINE
    )
    runs = " && ".join(arguments for name, arguments in STAGES[1] if name == "RUN")
    assert re.findall(r"pip install (.*?)(?: +&&|$)", runs) == [
        f"{options} {locked}",
        f"{options} {packages} ./clients/python .",
    ]


def test_every_distribution_of_the_lock_has_its_hashes():
    pins = re.split(r"^(?=[A-Za-z0-9])", (REPOSITORY / "requirements.lock").read_text(), flags=re.MULTILINE)
    pinned = [pin for pin in pins if "==" in pin.partition("\n")[0]]
    assert len(pinned) > 50
    assert [pin.partition("\n")[0] for pin in pinned if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("name", ["Dockerfile", "build-image"])
def test_nothing_says_where_packages_come_from(name):
    text = (DEPLOY / name).read_text()
    assert "BASE_IMAGE" in text
    assert not re.search(r"index-url|PIP_\w*(INDEX|LINKS)|--find-links|--trusted-host|https?://", text)


def test_the_build_sees_what_it_copies_and_no_more():
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    allowed = {rule.removeprefix("!").strip("/") for rule in rules if rule.startswith("!")}
    copied = [
        source.removeprefix("./").strip("/")
        for name, arguments in STAGES[1]
        if name == "COPY"
        for source in arguments.split()[:-1]
    ]
    assert rules[0] == "*"
    assert allowed == set(copied)
