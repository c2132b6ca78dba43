"""What a decision quotes."""

from __future__ import annotations

import hashlib

from counterpoise.canonical import canonical_json
from counterpoise.model import TradePlan


def content_sha256(plan: TradePlan, run: str, revision: int, marks: str) -> str:
    """SHA-256 over plan, run, revision and marks, lower-case hex."""
    text = "\n".join((canonical_json(plan), run, str(revision), marks))
    return hashlib.sha256(text.encode()).hexdigest()
