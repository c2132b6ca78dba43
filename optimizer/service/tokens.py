"""From a bearer token (RFC 7519) to the principal that it proves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jwt

from optimizer.service.identity import (
    CredentialsInvalid,
    Principal,
    Role,
    checked_subject,
    checked_tenant,
    single,
)

AUTHORIZATION_HEADER = "authorization"
LEEWAY_SECONDS = 30
"""How far the issuer's clock and this one may be apart."""
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "tenant", "roles"]
_ROLES: Mapping[str, Role] = {role.value: role for role in Role}
_CAUSES: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    # A signature that does not match is a decode error to the library, too: it comes first.
    (jwt.InvalidSignatureError, "signature"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.MissingRequiredClaimError, "claim missing"),
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "early"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuerError, "issuer"),
)


@dataclass(frozen=True, kw_only=True)
class TokenVerifier:
    """What a token has to satisfy: signed by one of the keys, from this issuer, for this audience."""

    keys: Mapping[str, jwt.PyJWK]
    issuer: str
    audience: str

    def principal_of(self, metadata: Iterable[tuple[str, str | bytes]]) -> Principal:
        """The principal of the bearer token in a call's metadata. Raises CredentialsInvalid."""
        header = single(metadata, AUTHORIZATION_HEADER, "")
        if not header:
            raise CredentialsInvalid("missing")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise CredentialsInvalid("scheme")
        return self.verified(token.strip())

    def verified(self, token: str) -> Principal:
        """The principal of a token. Raises CredentialsInvalid, whatever is wrong with it."""
        try:
            return self._verified(token)
        except CredentialsInvalid:
            raise
        except jwt.PyJWTError as error:
            cause = next((cause for kind, cause in _CAUSES if isinstance(error, kind)), "malformed")
            # The library's texts quote the token.
            raise CredentialsInvalid(cause) from None
        except Exception:  # noqa: BLE001 - a stranger wrote these bytes, and whatever they do nobody gets in
            raise CredentialsInvalid("malformed") from None

    def _verified(self, token: str) -> Principal:
        key = self.keys.get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise CredentialsInvalid("key")
        claims = jwt.decode(
            token,
            key,
            # The key's own algorithm, never the one that the token asks for.
            algorithms=[key.algorithm_name],
            audience=self.audience,
            issuer=self.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return Principal(
            subject=checked_subject(claims["sub"]),
            tenant=checked_tenant(claims["tenant"]),
            roles=_roles(claims["roles"]),
            authenticated=True,
        )


def _roles(claim: object) -> frozenset[Role]:
    """Roles that this server knows. An issuer may have others, for other services: they give nothing."""
    if not isinstance(claim, list) or not all(isinstance(name, str) for name in claim):
        raise CredentialsInvalid("roles")
    return frozenset(_ROLES[name] for name in claim if name in _ROLES)
