import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from optimizer.service.keys import KeysError, load_keys
from tests import tokens

RSA, P256, ED25519 = (tokens.public_key(algorithm) for algorithm in ("RS256", "ES256", "EdDSA"))
PRIVATE = RSAAlgorithm.to_jwk(tokens.PRIVATE_KEYS["RS256"], as_dict=True) | {"kid": "a"}
SHORT = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)  # noqa: S505
P384 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)


def without(key, *names):
    return {name: value for name, value in key.items() if name not in names}


@pytest.fixture
def load(tmp_path):
    def run(document):
        file = tmp_path / "keys.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return load_keys(file)

    return run


def test_a_key_decides_its_algorithm(load):
    keys = load({"keys": [without(RSA, "alg", "use"), without(P256, "alg"), ED25519]})
    assert {kid: key.algorithm_name for kid, key in keys.items()} == {
        "RS256": "RS256",
        "ES256": "ES256",
        "EdDSA": "EdDSA",
    }


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}, "secret or private"),
        ({"kty": "oct", "kid": "a"}, "secret or private"),
        (PRIVATE, "secret or private"),
        ({"kty": "none", "alg": "none", "kid": "a"}, "RSA for RS256"),
        (RSA | {"alg": "none"}, "RSA for RS256"),
        (RSA | {"alg": "HS256"}, "RSA for RS256"),
        (RSA | {"alg": "RS512"}, "RSA for RS256"),
        (P384 | {"kid": "a"}, "RSA for RS256"),
        (P256 | {"crv": ["P-256"]}, "RSA for RS256"),
        (ED25519 | {"crv": "X25519"}, "RSA for RS256"),
        (SHORT | {"kid": "a"}, "at least 2048 bits"),
        (without(RSA, "kid"), "no kid"),
        (RSA | {"kid": 3}, "no kid"),
        (RSA | {"use": "enc"}, "not for signatures"),
        (without(RSA, "n"), "not a complete key"),
        (P256 | {"x": "AAAA"}, "not a complete key"),
        (RSA | {"n": 5}, "not a complete key"),
        ("key", "a JSON object"),
    ],
)
def test_a_key_that_does_not_verify_is_refused_without_showing_it(load, key, said):
    with pytest.raises(KeysError, match=rf"keys\[1\]: .*{said}") as caught:
        load({"keys": [ED25519, key]})
    assert all(
        value not in str(caught.value)
        for value in (key.values() if isinstance(key, dict) else ())
        if isinstance(value, str) and len(value) > 8
    )


def test_two_keys_have_two_ids(load):
    with pytest.raises(KeysError, match=r"keys\[1\]: its kid is that of another"):
        load({"keys": [RSA, P256 | {"kid": "RS256"}]})


@pytest.mark.parametrize("document", ["", "[" * 100_000, "[]", '{"keys": []}', '{"keys": {}}', "{}"])
def test_a_file_without_keys_is_refused(load, document):
    with pytest.raises(KeysError, match=r"keys\.json: (is not JSON|a key set is)"):
        load(document)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(KeysError, match=r"missing\.json: cannot be read"):
        load_keys(tmp_path / "missing.json")
