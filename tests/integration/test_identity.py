"""Nobody gets in: a server with keys, and callers with everything but a good token."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from counterpoise import AccessDenied, Client, CredentialsRefused, Retry, Unavailable, files, wire
from counterpoise.model import AllocateRequest, TerminationReason
from counterpoise.v1 import allocation_service_pb2
from tests import tokens
from tests.golden_problems import sixty_forty_with_overlay
from tests.serving import AMPLE_SECONDS, BIN, server_environment
from tests.tokens import UNSET, token

ALLOCATE = "/counterpoise.v1.AllocationService/Allocate"
REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
BODY = wire.to_message(
    AllocateRequest(problem=sixty_forty_with_overlay()), allocation_service_pb2.AllocateRequest
).SerializeToString()
UNAUTHENTICATED = (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_INVALID")
DENIED = (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")
HOUR = 3600


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def guarded(start_server, authority, tmp_path_factory):
    """A server with TLS and keys."""
    folder = tmp_path_factory.mktemp("guarded")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    chain, key = folder / "server.pem", folder / "server.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    tls = {"tls_certificate_file": str(chain), "tls_key_file": str(key)}
    with start_server(worker_count="1", **tls, **tokens.token_settings(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def credentials(authority):
    return grpc.ssl_channel_credentials(authority.cert_pem.bytes())


@pytest.fixture
def channel(guarded, credentials):
    with grpc.secure_channel(guarded.address, credentials) as opened:
        yield opened


def bearer(text):
    return (("authorization", f"Bearer {text}"),)


def ending(call, *, details=1):
    """Code and reason that a call ends with, and its text; the call must not answer."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = caught.value
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if trailer is None:
        return (error.code(), None), error.details()
    status = status_pb2.Status.FromString(trailer)
    assert len(status.details) == details
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "counterpoise"
    return (error.code(), info.reason), error.details()


def allocating(channel, metadata):
    return ending(lambda: channel.unary_unary(ALLOCATE)(BODY, timeout=AMPLE_SECONDS, metadata=metadata))


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(algorithm):
    return f"{part({'alg': algorithm, 'kid': 'RS256'})}.{part(tokens.claims())}."


def signed_with_the_public_key():
    """HS256 with what everybody knows as the secret."""
    public = tokens.PRIVATE_KEYS["RS256"].public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'RS256'})}.{part(tokens.claims())}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def altered():
    """A good token whose claims were changed after it was signed."""
    head, _, signature = token().split(".")
    return f"{head}.{part(tokens.claims(tenant='fund-b'))}.{signature}"


def now():
    return int(time.time())


STRANGERS = {
    "no token": (lambda: (), "missing"),
    "another scheme": (lambda: (("authorization", "Basic aHVudGVyMg=="),), "scheme"),
    "two tokens": (lambda: bearer(token()) * 2, "repeated"),
    "garbage": (lambda: bearer("hunter2"), "malformed"),
    "empty": (lambda: bearer(""), "malformed"),
    "dots": (lambda: bearer(".."), "malformed"),
    "deep header": (
        lambda: bearer(base64.urlsafe_b64encode(b"[" * 4000).decode().rstrip("=") + ".e30.e30"),
        "malformed",
    ),
    "kid is a list": (lambda: bearer(f"{part({'alg': 'RS256', 'kid': ['RS256']})}.e30.e30"), "malformed"),
    "altered claims": (lambda: bearer(altered()), "signature"),
    "key of another": (lambda: bearer(token(key=tokens.rsa.generate_private_key(65537, 2048))), "signature"),
    "unknown key id": (lambda: bearer(token(kid="other")), "key"),
    "no key id": (lambda: bearer(token(kid=UNSET)), "key"),
    "key id of another algorithm": (lambda: bearer(token("ES256", kid="RS256")), "algorithm"),
    "weaker use of the key": (
        lambda: bearer(token("PS256", key=tokens.PRIVATE_KEYS["RS256"], kid="RS256")),
        "algorithm",
    ),
    "algorithm none": (lambda: bearer(unsigned("none")), "algorithm"),
    "algorithm NONE": (lambda: bearer(unsigned("NONE")), "algorithm"),
    "public key as secret": (lambda: bearer(signed_with_the_public_key()), "algorithm"),
    "expired": (lambda: bearer(token(exp=now() - 60)), "expired"),
    "before its time": (lambda: bearer(token(nbf=now() + HOUR)), "early"),
    "issued in the future": (lambda: bearer(token(iat=now() + HOUR)), "early"),
    "other audience": (lambda: bearer(token(aud="payroll")), "audience"),
    "other issuer": (lambda: bearer(token(iss="https://other.example")), "issuer"),
    **{
        f"no {name}": (lambda name=name: bearer(token(**{name: UNSET})), "claim missing")
        for name in ("exp", "iat", "iss", "aud", "sub", "tenant", "roles")
    },
    "never ends": (lambda: bearer(token(exp=float("inf"))), "malformed"),
    "tenant of two": (lambda: bearer(token(tenant="fund-a/fund-b")), "tenant"),
    "tenant with a line break": (lambda: bearer(token(tenant="fund-a\n")), "tenant"),
    "no tenant in it": (lambda: bearer(token(tenant="")), "tenant"),
    "tenant is a list": (lambda: bearer(token(tenant=["fund-a"])), "tenant"),
    "empty subject": (lambda: bearer(token(sub="")), "subject"),
    "roles in one text": (lambda: bearer(token(roles="viewer")), "roles"),
}


@pytest.mark.parametrize(("metadata", "cause"), STRANGERS.values(), ids=STRANGERS)
def test_nobody_gets_in_without_a_good_token(guarded, channel, metadata, cause):
    given = metadata()
    before = len(guarded.log.read_text())
    assert allocating(channel, given) == (UNAUTHENTICATED, "the credentials are missing or not accepted")
    written = guarded.log.read_text()[before:]
    (line,) = [json.loads(text) for text in written.splitlines()]
    assert (line["code"], line["reason"], line["cause"]) == (
        *("UNAUTHENTICATED", "CREDENTIALS_INVALID"),
        cause,
    )
    secrets = [text for _, value in given for text in value.split(" ")[-1].split(".") if len(text) > 3]
    assert not any(secret in written for secret in secrets)
    assert "ada" not in written
    assert "fund-a" not in written


@pytest.mark.parametrize("roles", [[], ["admin"], ["VIEWER"]])
def test_without_a_role_that_is_known_access_is_denied(channel, roles):
    ended, text = allocating(channel, bearer(token(roles=roles)))
    assert ended == DENIED
    assert text == "these credentials do not give access to this method"


def test_claims_in_metadata_do_not_count_where_tokens_do(channel):
    claimed = (("x-counterpoise-principal", "ada"), ("x-counterpoise-tenant", "fund-a"))
    assert allocating(channel, claimed)[0] == UNAUTHENTICATED


@pytest.mark.parametrize("algorithm", tokens.PRIVATE_KEYS)
@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_a_good_token_gets_in_with_any_role(guarded, channel, algorithm, role):
    answer = channel.unary_unary(ALLOCATE)(
        BODY, timeout=AMPLE_SECONDS, metadata=bearer(token(algorithm, roles=[role, "admin"]))
    )
    response = allocation_service_pb2.AllocateResponse.FromString(answer)
    assert response.allocation.termination.reason == TerminationReason.OPTIMAL
    line = json.loads(guarded.log.read_text().splitlines()[-1])
    assert (line["principal"], line["tenant"], line["authenticated"]) == ("ada", "fund-a", True)


@pytest.mark.parametrize("changes", [{"exp": -10}, {"nbf": 10}, {"iat": 10}])
def test_clocks_may_be_half_a_minute_apart(channel, changes):
    shifted = {name: now() + seconds for name, seconds in changes.items()}
    assert channel.unary_unary(ALLOCATE)(
        BODY, timeout=AMPLE_SECONDS, metadata=bearer(token(**shifted, aud=["payroll", tokens.AUDIENCE]))
    )


def reflecting(channel, metadata):
    request = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    return b"".join(
        channel.stream_stream(REFLECTION)(iter([request]), timeout=AMPLE_SECONDS, metadata=metadata)
    )


def test_reflection_is_for_everybody_with_credentials(channel):
    assert ending(lambda: reflecting(channel, ()))[0] == UNAUTHENTICATED
    assert b"AllocationService" in reflecting(channel, bearer(token(roles=[])))


def test_a_caller_without_credentials_does_not_hear_what_exists(channel):
    def calling(path, metadata):
        return ending(lambda: channel.unary_unary(path)(b"", timeout=AMPLE_SECONDS, metadata=metadata))

    assert calling("/counterpoise.v1.AllocationService/Nothing", ()) == allocating(channel, ())
    unknown, _ = calling("/counterpoise.v1.AllocationService/Nothing", bearer(token()))
    assert unknown == (grpc.StatusCode.UNIMPLEMENTED, None)


def test_probes_need_no_credentials(channel):
    status = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
    assert status.status == health_pb2.HealthCheckResponse.SERVING


def test_an_authority_that_is_not_the_servers_is_no_way_in(guarded):
    other = grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes())
    with grpc.secure_channel(guarded.address, other) as channel:
        assert allocating(channel, bearer(token()))[0] == (grpc.StatusCode.UNAVAILABLE, None)


def test_plaintext_is_no_way_in(guarded):
    with grpc.insecure_channel(guarded.address) as channel:
        assert allocating(channel, bearer(token()))[0] == (grpc.StatusCode.UNAVAILABLE, None)


def test_the_client_says_who_was_refused_and_lets_the_others_in(guarded, credentials):
    once = Retry(attempts=1)
    problem = sixty_forty_with_overlay()
    with Client(guarded.address, credentials=credentials, token=token()) as client:
        assert client.allocate(problem).termination.reason == TerminationReason.OPTIMAL
    with Client(guarded.address, credentials=credentials) as client, pytest.raises(CredentialsRefused):
        client.allocate(problem)
    with (
        Client(guarded.address, credentials=credentials, token=token(roles=[])) as client,
        pytest.raises(AccessDenied),
    ):
        client.allocate(problem)
    with Client(guarded.address, retry=once) as client, pytest.raises(Unavailable):
        client.allocate(problem)


# The command line


@pytest.fixture
def command(guarded, authority, tmp_path):
    """Runs `counterpoise allocate` against the server, with a token where and how it is given."""
    authorities, problem, held = tmp_path / "ca.pem", tmp_path / "problem.json", tmp_path / "token"
    authorities.write_bytes(authority.cert_pem.bytes())
    problem.write_text(files.problem_json(sixty_forty_with_overlay()))

    def run(*options, in_file=None, in_environment=None, target=guarded.address, secure=True):
        arguments = [BIN / "counterpoise", "allocate", problem, "--json", *options]
        if target is not None:
            arguments += ["--target", target]
        if secure:
            arguments += ["--ca-file", authorities]
        if in_file is not None:
            held.write_text(f"{in_file}\n")
            arguments += ["--token-file", held]
        environment = server_environment({} if in_environment is None else {"token": in_environment})
        environment["COLUMNS"] = "400"  # no message is broken into lines
        return subprocess.run(
            arguments, env=environment, capture_output=True, text=True, timeout=AMPLE_SECONDS, check=False
        )

    return run


@pytest.mark.parametrize("place", ["in_file", "in_environment"])
def test_the_command_shows_its_token(command, place):
    done = command(**{place: token()})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["termination"]["reason"] == "TERMINATION_REASON_OPTIMAL"


def test_a_token_in_a_file_comes_before_the_environments(command):
    assert command(in_file=token(), in_environment="old").returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict, "UNAUTHENTICATED (CREDENTIALS_INVALID): the credentials are missing or not accepted"),
        (lambda: {"in_environment": "hunter2"}, "UNAUTHENTICATED (CREDENTIALS_INVALID)"),
        (lambda: {"in_file": token(roles=[])}, "PERMISSION_DENIED (ACCESS_DENIED)"),
    ],
)
def test_the_command_says_that_it_was_refused(command, given, said):
    # A token is made here and not above: those that are made while tests are gathered are old when they run.
    done = command(**given())
    assert (done.returncode, done.stdout) == (1, "")
    assert f"counterpoise: {said}" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"in_environment": "hunter2", "secure": False, "target": "optimizer.example:1"}, "in the clear"),
        ({"in_file": "hunter2", "secure": False, "target": "optimizer.example:1"}, "in the clear"),
        ({"in_file": ""}, "is empty"),
        ({"in_file": "hunter2 hunter2"}, "holds no token"),
        ({"in_file": "hunter2", "target": None, "secure": False}, "named with --target"),
        ({"target": None}, "named with --target"),
    ],
)
def test_the_command_sends_nothing_that_it_should_not(command, given, said):
    done = command(**given)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "hunter2" not in done.stderr


def test_authorities_are_certificates_in_a_file_that_is_there(command, tmp_path):
    other = tmp_path / "other"
    assert "No such file" in command("--ca-file", other, secure=False).stderr
    other.write_text("hunter2")
    assert "no PEM certificate" in command("--ca-file", other, secure=False).stderr


# Without keys


def named(server, **metadata):
    with grpc.insecure_channel(server.address) as channel:
        pairs = tuple((f"x-counterpoise-{name}", value) for name, value in metadata.items())
        channel.unary_unary(ALLOCATE)(BODY, timeout=AMPLE_SECONDS, metadata=pairs)
    line = json.loads(server.log.read_text().splitlines()[-1])
    return line["principal"], line["tenant"], line["authenticated"]


def test_without_keys_callers_are_whoever_they_say_and_nobody_believes_it(server):
    assert named(server) == ("anonymous", "default", False)
    assert named(server, principal="ada", tenant="fund-a") == ("ada", "fund-a", False)


def test_without_keys_too_a_tenant_is_an_id(server):
    with grpc.insecure_channel(server.address) as channel:
        for metadata in [(("x-counterpoise-tenant", "../b"),), (("x-counterpoise-principal", ""),)]:
            assert allocating(channel, metadata)[0] == UNAUTHENTICATED


def test_callers_at_the_same_time_are_not_taken_for_each_other(server):
    names = [f"caller-{number}" for number in range(60)]

    def asking(name):
        body = allocation_service_pb2.AllocateRequest(request_id=name).SerializeToString()
        metadata = (("x-counterpoise-principal", name), ("x-counterpoise-tenant", name))
        return ending(
            lambda: channel.unary_unary(ALLOCATE)(body, timeout=AMPLE_SECONDS, metadata=metadata), details=2
        )[0][1]

    with grpc.insecure_channel(server.address) as channel, ThreadPoolExecutor(5) as callers:
        assert set(callers.map(asking, names)) == {"REQUEST_INVALID"}
    lines = [json.loads(text) for text in server.log.read_text().splitlines()]
    seen = {line["request_id"]: (line["principal"], line["tenant"]) for line in lines if "request_id" in line}
    assert {name: seen[name] for name in names} == {name: (name, name) for name in names}
