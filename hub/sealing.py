"""Seals secrets that are stored and have to be read again: AES-256-GCM under a key of ours."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import BadInput, Unavailable
from hub.keys import KEY_BYTES, Keyring
from hub.settings import Settings

NONCE_BYTES = 12


class Vault:
    """Seals with the current key of a ring, opens with whichever was current."""

    def __init__(self, keys: Keyring) -> None:
        if any(len(key) != KEY_BYTES for key in keys.keys.values()):
            raise BadInput(
                f"HUB_SECRET_KEY 的每把密钥须为 {KEY_BYTES} 字节",
                f"each key of HUB_SECRET_KEY has {KEY_BYTES} bytes",
            )
        self._keys = keys

    @classmethod
    def of_settings(cls, chosen: Settings) -> "Vault":
        """The vault of the keys that the settings give, or of those kept in the data folder."""
        if chosen.secret_key is not None:
            return cls(Keyring.of(chosen.secret_key.get_secret_value(), "HUB_SECRET_KEY"))
        return cls(Keyring.at(chosen.data / "keys" / "secret"))

    def seal(self, secret: bytes, about: str) -> str:
        """`secret` as it is stored: `key id:base64`. It opens only as one `about` the same."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self._keys.keys[self._keys.current]
        sealed = nonce + AESGCM(key).encrypt(nonce, secret, about.encode())
        return f"{self._keys.current}:{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, about: str) -> bytes:
        """The secret that `seal` has sealed. Unavailable without its key, or for another text."""
        name, _, text = sealed.rpartition(":")
        try:
            raw = base64.b64decode(text, validate=True)
            nonce, rest = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return AESGCM(self._keys.keys[name]).decrypt(nonce, rest, about.encode())
        except (KeyError, ValueError, InvalidTag) as error:
            raise Unavailable(
                "存储的密钥无法解开，请检查 HUB_SECRET_KEY",
                "a stored secret does not open, look at HUB_SECRET_KEY",
            ) from error
