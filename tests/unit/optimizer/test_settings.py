import os

import pytest

from optimizer.settings import Settings, SettingsError, load_settings, read_file, unknown_variables


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("COUNTERPOISE_")]:
        monkeypatch.delenv(name)


def test_defaults_need_nothing():
    settings = load_settings()
    assert settings.listen_address == "127.0.0.1:50051"
    assert settings.worker_count >= 1
    assert settings.concurrent_calls == 3 * settings.worker_count
    assert settings.time_limit_seconds == 30


def test_a_worker_works_on_one_call_and_calls_may_end_on_connections_that_come_of_age():
    settings = Settings(worker_count=4, time_limit_seconds=300.0)
    assert (settings.places, settings.concurrent_calls) == (4, 12)
    assert Settings(worker_count=4, maximum_concurrent_calls=2).places == 2
    assert settings.grace_seconds > settings.time_limit_seconds
    assert Settings(connection_grace_seconds=7.0).grace_seconds == 7.0


def test_variables_win_over_the_file_and_the_option_over_both(monkeypatch, tmp_path):
    file = tmp_path / "server.toml"
    file.write_text('listen_address = "127.0.0.1:1"\nworker_count = 3\ndrain_seconds = 7\n')
    monkeypatch.setenv("COUNTERPOISE_LISTEN_ADDRESS", "127.0.0.1:2")
    monkeypatch.setenv("COUNTERPOISE_WORKER_COUNT", "5")
    settings = load_settings(file, "127.0.0.1:3")
    assert (settings.listen_address, settings.worker_count, settings.drain_seconds) == ("127.0.0.1:3", 5, 7)


def test_the_file_can_be_yaml_and_be_named_by_a_variable(monkeypatch, tmp_path):
    file = tmp_path / "server.yaml"
    file.write_text("maximum_concurrent_calls: 4\nlog_format: console\n")
    monkeypatch.setenv("COUNTERPOISE_SETTINGS_FILE", str(file))
    settings = load_settings()
    assert (settings.concurrent_calls, settings.log_format) == (4, "console")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "worker_cuont = 3", "worker_cuont"),
        ("a.toml", "worker_count = 0", "worker_count"),
        ("a.toml", "worker_count =", "a.toml"),
        ("a.toml", 'log_level = "loud"', "log_level"),
        ("a.yaml", "- 1", "maps names to values"),
        ("a.yaml", "a: [", "a.yaml"),
        ("a.ini", "", "ends in .toml"),
        ("missing.toml", None, "missing.toml"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(tmp_path, name, text, said):
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(file)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:x", ":1", "127.0.0.1:65536", "::1:5"])
def test_an_address_has_a_host_and_a_port(address):
    with pytest.raises(SettingsError, match=r"listen_address: an address is host:port"):
        load_settings(listen_address=address)


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:1", "[::1]:1", "127.8.0.1:5"])
def test_plaintext_is_for_loopback(address):
    assert load_settings(listen_address=address).listen_address == address


ELSEWHERE = ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "optimizer.example:1"]


@pytest.fixture
def keys(monkeypatch, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text("")
    monkeypatch.setenv("COUNTERPOISE_TOKEN_KEYS_FILE", str(file))
    monkeypatch.setenv("COUNTERPOISE_TOKEN_ISSUER", "https://issuer.example")
    monkeypatch.setenv("COUNTERPOISE_TOKEN_AUDIENCE", "counterpoise")


@pytest.mark.parametrize("plaintext", ["true", "false"])
@pytest.mark.parametrize("address", ELSEWHERE)
def test_without_keys_the_server_stays_on_loopback_whatever_else_is_set(
    monkeypatch, tmp_path, address, plaintext
):
    file = tmp_path / "server.pem"
    file.write_text("")
    monkeypatch.setenv("COUNTERPOISE_ALLOW_PLAINTEXT", plaintext)
    monkeypatch.setenv("COUNTERPOISE_TLS_CERTIFICATE_FILE", str(file))
    monkeypatch.setenv("COUNTERPOISE_TLS_KEY_FILE", str(file))
    with pytest.raises(SettingsError, match="without token keys the server listens on loopback only"):
        load_settings(listen_address=address)


@pytest.mark.parametrize("name", ["keys_file", "issuer", "audience"])
def test_keys_issuer_and_audience_go_together(monkeypatch, keys, name):
    assert load_settings().token_keys_file is not None
    monkeypatch.delenv(f"COUNTERPOISE_TOKEN_{name.upper()}")
    with pytest.raises(SettingsError, match="set all three"):
        load_settings()


@pytest.mark.parametrize("address", ELSEWHERE)
def test_plaintext_elsewhere_has_to_be_asked_for(monkeypatch, keys, address):
    with pytest.raises(SettingsError, match="without TLS the server listens on loopback only"):
        load_settings(listen_address=address)
    monkeypatch.setenv("COUNTERPOISE_ALLOW_PLAINTEXT", "true")
    assert load_settings(listen_address=address).allow_plaintext


def test_certificate_and_key_go_together(monkeypatch, tmp_path, keys):
    file = tmp_path / "server.pem"
    file.write_text("")
    monkeypatch.setenv("COUNTERPOISE_TLS_CERTIFICATE_FILE", str(file))
    with pytest.raises(SettingsError, match="go together"):
        load_settings()
    monkeypatch.setenv("COUNTERPOISE_TLS_KEY_FILE", str(file))
    assert load_settings(listen_address="0.0.0.0:1").tls_key_file == file


def test_messages_hold_no_values(monkeypatch):
    monkeypatch.setenv("COUNTERPOISE_WORKER_COUNT", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_variables_without_a_meaning_are_named(monkeypatch):
    monkeypatch.setenv("COUNTERPOISE_WORKER_CUONT", "3")
    monkeypatch.setenv("COUNTERPOISE_SETTINGS_FILE", "")
    for name in Settings.model_fields:
        monkeypatch.setenv(f"COUNTERPOISE_{name.upper()}", "")
    assert unknown_variables() == ["COUNTERPOISE_WORKER_CUONT"]
    assert load_settings().worker_count >= 1


def test_a_file_that_cannot_be_read_is_named_without_its_contents(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("tls_key_file: [hunter2\nlisten_address: x: y")
    with pytest.raises(SettingsError) as caught:
        read_file(file)
    assert "hunter2" not in str(caught.value)
    assert "line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "with_secret", "taken"),
    [
        ("https://hooks.example/rebalancing", True, True),
        ("http://127.0.0.1:8080/hook", True, True),
        ("http://localhost/hook", True, True),
        ("http://hooks.example/rebalancing", True, False),
        ("ftp://hooks.example/", True, False),
        ("https://hooks.example/rebalancing", False, False),
    ],
)
def test_messages_leave_encrypted_and_signed_or_not_at_all(monkeypatch, tmp_path, url, with_secret, taken):
    monkeypatch.setenv("COUNTERPOISE_WEBHOOK_URL", url)
    if with_secret:
        secret = tmp_path / "secret"
        secret.write_bytes(b"0" * 32)
        monkeypatch.setenv("COUNTERPOISE_WEBHOOK_SECRET_FILE", str(secret))
    if taken:
        assert url not in repr(load_settings())
    else:
        with pytest.raises(SettingsError, match="webhook_url"):
            load_settings()


def test_a_secret_that_is_short_is_none(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"short\n")
    monkeypatch.setenv("COUNTERPOISE_WEBHOOK_URL", "https://hooks.example/rebalancing")
    monkeypatch.setenv("COUNTERPOISE_WEBHOOK_SECRET_FILE", str(secret))
    with pytest.raises(SettingsError, match="webhook_secret_file"):
        load_settings()


def test_metrics_are_served_nowhere_unless_asked_for_and_anywhere_then(monkeypatch):
    assert load_settings().metrics_address is None
    monkeypatch.setenv("COUNTERPOISE_METRICS_ADDRESS", "0.0.0.0:9464")
    assert load_settings().metrics_address == "0.0.0.0:9464"
    monkeypatch.setenv("COUNTERPOISE_METRICS_ADDRESS", "9464")
    with pytest.raises(SettingsError, match=r"metrics_address: an address is host:port"):
        load_settings()


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "nan"])
def test_a_heartbeat_is_a_time_of_up_to_an_hour(monkeypatch, seconds):
    assert load_settings().heartbeat_seconds == 60
    monkeypatch.setenv("COUNTERPOISE_HEARTBEAT_SECONDS", seconds)
    with pytest.raises(SettingsError, match="heartbeat_seconds"):
        load_settings()


def test_the_dsn_can_be_in_a_file_of_its_own(monkeypatch, tmp_path):
    file = tmp_path / "dsn"
    file.write_text("\n postgresql://ada:hunter2@db/records \n")
    monkeypatch.setenv("COUNTERPOISE_STORE_DSN_FILE", str(file))
    settings = load_settings()
    assert settings.store_dsn.get_secret_value() == "postgresql://ada:hunter2@db/records"
    assert "hunter2" not in repr(settings)
    monkeypatch.setenv("COUNTERPOISE_STORE_DSN", "sqlite:///hunter2")
    with pytest.raises(SettingsError, match="set one of them") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b" \n", "is empty"), (b"hunter2\xff", "does not hold text"), (None, "cannot be read")],
)
def test_a_file_without_a_dsn_is_said_without_what_it_holds(monkeypatch, tmp_path, content, said):
    file = tmp_path / "dsn"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("COUNTERPOISE_STORE_DSN_FILE", str(file))
    with pytest.raises(SettingsError, match=f"store_dsn_file {said}") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4317", "https://collector.example:443"])
def test_a_collector_is_named_by_its_address(endpoint):
    assert Settings(trace_endpoint=endpoint).trace_endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "collector:4317",
        "grpc://collector:4317",
        "http://collector",
        "http://:4317",
        "http://collector:x",
        "http://collector:65536",
        "http://collector:4317/v1/traces",
        "http://collector:4317?key=1",
        "http://someone:secret@collector:4317",
    ],
)
def test_what_is_no_address_of_a_collector_is_refused_without_repeating_it(monkeypatch, endpoint):
    monkeypatch.setenv("COUNTERPOISE_TRACE_ENDPOINT", endpoint)
    with pytest.raises(SettingsError, match="trace_endpoint: a collector is http://host:port") as caught:
        load_settings()
    assert endpoint not in str(caught.value)
