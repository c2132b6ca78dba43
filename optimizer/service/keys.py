"""Public keys that tokens are verified with: a JSON Web Key Set (RFC 7517) in a file.

Every key has a `kid`, and its type decides the one algorithm that it verifies: RS256, ES256 or EdDSA.
Symmetric and private keys are refused: whoever reads either could write tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHMS: Mapping[tuple[str, str | None], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""Algorithm by key type and curve."""
LEAST_RSA_BITS = 2048
_SECRET_PARTS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


class KeysError(Exception):
    """The keys cannot be used; the message says which and why, without parts of them."""


def load_keys(file: Path) -> Mapping[str, jwt.PyJWK]:
    """The keys of a file by `kid`. Raises KeysError where any of them is not one to verify with."""
    try:
        document: object = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KeysError(f"{file}: is not JSON") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise KeysError(f'{file}: a key set is {{"keys": [...]}} with at least one key')
    keys: dict[str, jwt.PyJWK] = {}
    for index, entry in enumerate(entries):
        where = f"{file}: keys[{index}]"
        key_id, key = _key(entry, where)
        if key_id in keys:
            raise KeysError(f"{where}: its kid is that of another key; tokens choose keys by kid")
        keys[key_id] = key
    return keys


def _key(entry: object, where: str) -> tuple[str, jwt.PyJWK]:
    if not isinstance(entry, dict):
        raise KeysError(f"{where}: a key is a JSON object")
    if entry.get("kty") == "oct" or _SECRET_PARTS & entry.keys():
        raise KeysError(f"{where}: is a secret or private key; put the public key alone here")
    algorithm = _algorithm(entry, where)
    key_id = entry.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise KeysError(f"{where}: has no kid, by which tokens choose their key")
    if entry.get("use", "sig") != "sig":
        raise KeysError(f"{where}: use is not sig: the key is not for signatures")
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        # Their texts quote the key.
        raise KeysError(f"{where}: is not a complete key of its type") from None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < LEAST_RSA_BITS:
        raise KeysError(f"{where}: an RSA key has at least {LEAST_RSA_BITS} bits")
    return key_id, key


def _algorithm(entry: dict[str, Any], where: str) -> str:
    kind, curve = entry.get("kty"), entry.get("crv")
    found = ALGORITHMS.get((kind, curve)) if isinstance(kind, str) and isinstance(curve, str | None) else None
    if found is None or entry.get("alg", found) != found:
        raise KeysError(f"{where}: keys are RSA for RS256, P-256 for ES256 or Ed25519 for EdDSA")
    return found
