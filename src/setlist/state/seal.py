"""Bytes -> sealed bytes and back: AES-GCM under a key made from a passphrase; the only user of cryptography."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from functools import lru_cache

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from setlist.errors import StateError
from setlist.state.store import SEALED, is_sealed

_COST = {"n": 2**15, "r": 8, "p": 1}
_BOUND = b"setlist.sealed/1"


class Sealed:
    """A codec under one passphrase; what was sealed under an old one is still read, and sealed anew when written.

    The key is scrypt (n 2^15, r 8, p 1) of the passphrase under a random salt, drawn once a process; each piece has a
    nonce of its own of 96 bits.
    """

    def __init__(self, key: str, old: str = "") -> None:
        """Hold the passphrase, and one that may have been in force before."""
        self._key = key.encode()
        self._old = [old.encode()] if old else []
        self._salt = os.urandom(16)

    def seal(self, data: bytes) -> bytes:
        """Return the data sealed, as JSON on one line."""
        nonce = os.urandom(12)
        hidden = AESGCM(_derived(self._key, self._salt)).encrypt(nonce, data, _BOUND)
        parts = {"salt": self._salt, "nonce": nonce, "data": hidden}
        return orjson.dumps(
            {"type": SEALED, "format": 1, **{name: b64encode(one).decode() for name, one in parts.items()}}
        )

    def open(self, data: bytes) -> bytes:
        """Return what was sealed, or data that never was; raises StateError where no key fits."""
        if not is_sealed(data):
            return data
        try:
            parts: dict[str, str] = orjson.loads(data)
            salt, nonce, hidden = (b64decode(parts[name], validate=True) for name in ("salt", "nonce", "data"))
        except (KeyError, TypeError, ValueError):
            raise StateError("what is sealed here is damaged", todo="restore a backup") from None
        for key in (self._key, *self._old):
            try:
                return AESGCM(_derived(key, salt)).decrypt(nonce, hidden, _BOUND)
            except (InvalidTag, ValueError):
                continue
        todo = "set encryption_key, or encryption_old_key, to the one that it was sealed with"
        raise StateError("the key does not fit, or what is sealed here was altered", todo=todo)


@lru_cache(maxsize=64)
def _derived(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_COST).derive(passphrase)
