"""Where else may a token be? In the keyring of this user, where the library `keyring` is installed."""

from __future__ import annotations

from bench.measure.credentials import Secret

SERVICE = "vmbench"
"""Under which name a keyring has it: `keyring set vmbench HOST`."""


def from_keyring(host: str) -> Secret | None:
    """The token for `host`; None where there is no keyring, or it has none, is locked or fails."""
    try:
        import keyring
    except ImportError:
        return None
    try:
        found = keyring.get_password(SERVICE, host)
    except Exception:  # noqa: BLE001  # a backend is foreign code, named by the user's own configuration
        return None
    return Secret(found.strip()) if found and found.strip() else None
