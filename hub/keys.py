"""The keys that certificate verify codes are made with.

A code is stored with the id of its key, so codes stay good when a new key becomes the current one.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.errors import BadInput
from hub.settings import Settings

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id; `current` is the id of the one that new codes are made with."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def of(cls, text: str) -> "Keyring":
        """The keyring of `id:hex[,id:hex…]`, the current key first. BadInput for other text."""
        pairs = [pair.split(":", 1) for pair in text.replace("\n", ",").split(",") if pair.strip()]
        try:
            keys = {name.strip(): bytes.fromhex(key) for name, key in pairs}
        except ValueError:
            keys = {}
        if not keys:
            raise BadInput(
                "HUB_VERIFY_KEYS 应形如 k2:十六进制,k1:十六进制",
                "HUB_VERIFY_KEYS has the form k2:hex,k1:hex",
            )
        return cls(next(iter(keys)), keys)

    @classmethod
    def of_settings(cls, chosen: Settings) -> "Keyring":
        """The keyring that the settings give, or the one kept in the data folder."""
        if chosen.verify_keys is not None:
            return cls.of(chosen.verify_keys.get_secret_value())
        return cls.at(chosen.data / "keys" / "verify")

    @classmethod
    def at(cls, file: Path) -> "Keyring":
        """The keyring kept in `file`, made with a random key at first use; readable by us only."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(f"k1:{secrets.token_hex(KEY_BYTES)}\n")
            try:
                os.link(fresh, file)  # whoever is first wins; the others read its key
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return cls.of(file.read_text())
