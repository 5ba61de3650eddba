"""Links to files that are good for a short time, for whoever holds them."""

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hub.errors import Forbidden, LinkExpired, Words
from hub.keys import Keyring

LIFE = timedelta(minutes=15)
PATH = "/files/export/"
PURPOSE = b"links to exports"
DIGEST = "sha256"


class Links:
    """Signs links with a key derived from the current one of a ring; any of them is good."""

    def __init__(self, keys: Keyring) -> None:
        derived = {name: hmac.digest(key, PURPOSE, DIGEST) for name, key in keys.keys.items()}
        self._current = derived[keys.current]
        self._keys = list(derived.values())

    def path(self, export_id: UUID, now: datetime) -> str:
        """The path of a link to an export, good for 15 minutes."""
        said = f"{export_id.hex}-{int((now + LIFE).timestamp())}"
        return f"{PATH}{said}-{_signature(self._current, said)}"

    def read(self, link: str, now: datetime) -> UUID:
        """The export that a link leads to: the last step of its path.

        Forbidden for a link that is not ours, LinkExpired for one whose time is over.
        """
        said, _, signature = link.rpartition("-")
        good = (hmac.compare_digest(_signature(key, said), signature) for key in self._keys)
        if not link.isascii() or not any(good):
            raise Forbidden(
                "下载链接无效",
                "this is not a link of ours",
                hint=Words("请查询 export 的 url 取得链接", "query the url of the export"),
            )
        key, _, until = said.partition("-")
        if now > datetime.fromtimestamp(int(until), UTC):
            raise LinkExpired
        return UUID(hex=key)


def _signature(key: bytes, said: str) -> str:
    return hmac.new(key, said.encode(), DIGEST).hexdigest()
