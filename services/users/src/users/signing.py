"""Access tokens (RFC 9068: a JWT of type at+jwt, signed with Ed25519) and the keys they are signed with."""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from shared.contracts.ids import BranchId, UserCode
from shared.contracts.rights import Role
from shared.ids import new_id
from shared.runtime.access import ALGORITHM, AUDIENCE

PRIVATE_FILE, PUBLIC_FILE = "signing-key.json", "jwks.json"


class SigningKeyMissing(SystemExit):
    """Users cannot serve without the key its tokens are signed with."""


class AccessTokens:
    """Signs access tokens. Raises SigningKeyMissing when the key is absent or not among the public ones."""

    def __init__(self, key_file: Path, jwks_file: Path, issuer: str, seconds: int) -> None:
        if not key_file.is_file():
            raise SigningKeyMissing(
                f"there is no signing key at {key_file}: make one with `python -m users keys --directory DIR`"
            )
        self._key = OKPKey.import_key(json.loads(key_file.read_text()))
        self.public_keys: dict[str, Any] = json.loads(jwks_file.read_text())
        if self._key.kid not in {key.get("kid") for key in self.public_keys["keys"]}:
            raise SigningKeyMissing(f"{jwks_file} does not hold the public half of {key_file}")
        self._issuer = issuer
        self.lifetime = timedelta(seconds=seconds)

    def sign(
        self,
        user: UserCode,
        session_version: int,
        roles: Mapping[Role, list[BranchId] | None],
        at: datetime,
    ) -> str:
        """An access token for this user; it dies with the session version, or after its lifetime."""
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": user,
            "jti": str(new_id()),
            "iat": int(at.timestamp()),
            "exp": int((at + self.lifetime).timestamp()),
            "sv": session_version,
            "roles": roles,
        }
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def write_keys(directory: Path) -> None:
    """Make the signing key and its public half; those that are there stay."""
    directory.mkdir(parents=True, exist_ok=True)
    private, public = directory / PRIVATE_FILE, directory / PUBLIC_FILE
    if not private.exists():
        key = OKPKey.generate_key("Ed25519", {"kid": str(new_id()), "use": "sig", "alg": ALGORITHM})
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(key.as_dict(private=True), file)
        public.unlink(missing_ok=True)
    if not public.exists():
        key = OKPKey.import_key(json.loads(private.read_text()))
        public.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
