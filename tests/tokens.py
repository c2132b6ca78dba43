"""An issuer of tokens: keys of every kind that the server takes, and tokens good or not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "counterpoise"
UNSET = object()
PRIVATE_KEYS = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
_WRITERS = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def public_key(algorithm: str) -> dict[str, Any]:
    """The public key of an algorithm as a JSON Web Key; its kid is the algorithm's name."""
    written = _WRITERS[algorithm].to_jwk(PRIVATE_KEYS[algorithm].public_key(), as_dict=True)
    written.pop("key_ops", None)
    return written | {"kid": algorithm, "use": "sig", "alg": algorithm}


def token_settings(folder: Path) -> dict[str, str]:
    """Settings of a server that takes this issuer's tokens."""
    file = folder / "keys.json"
    file.write_text(json.dumps({"keys": [public_key(algorithm) for algorithm in PRIVATE_KEYS]}))
    return {"token_keys_file": str(file), "token_issuer": ISSUER, "token_audience": AUDIENCE}


def claims(**changes: object) -> dict[str, Any]:
    """Claims of a good token with these changes; UNSET leaves one out."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "tenant": "fund-a",
        "roles": ["viewer"],
        "iat": now,
        "exp": now + 600,
    }
    return {name: value for name, value in (good | changes).items() if value is not UNSET}


def token(algorithm: str = "RS256", *, key: Any = None, kid: object = None, **changes: object) -> str:
    """A token of this issuer, good but for what is changed."""
    headers = {} if kid is UNSET else {"kid": kid or algorithm}
    signing = PRIVATE_KEYS[algorithm] if key is None else key
    # Signed by hand: the library refuses to write some of what a stranger would.
    return jwt.PyJWS().encode(
        json.dumps(claims(**changes)).encode(), signing, algorithm=algorithm, headers=headers
    )
