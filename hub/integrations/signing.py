"""Signatures of webhooks by Standard Webhooks 1.0: made by the hub, checked by who receives."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from hub.errors import BadInput, Words


def signed(message_id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers of `body`, with a signature by each of `secrets`; `at` is an instant at UTC."""
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def signed_at(secret: str, headers: Mapping[str, str], body: bytes) -> datetime:
    """When a message was signed with `secret`, the text beginning with `whsec_`.

    BadInput where it was not. How old it may be is for the receiver to say: five minutes at most.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp = given["webhook-id"], given["webhook-timestamp"]
        told = given["webhook-signature"].split(" ")
        at = datetime.fromtimestamp(int(stamp), UTC)
        expected = Webhook(secret).sign(message_id, at, body.decode())
    except KeyError as error:
        raise _unsigned(
            f"缺少请求头 {error.args[0]}", f"the header {error.args[0]} is missing"
        ) from error
    except (ValueError, OverflowError, OSError, EmptyWebhookSecretError) as error:
        raise _unsigned(
            "请求头、正文或密钥的格式不对", "headers, body or secret are malformed"
        ) from error
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in told):
        raise _unsigned("签名不符", "no signature fits")
    return at


def _unsigned(zh: str, en: str) -> BadInput:
    return BadInput(
        f"验签未通过：{zh}",
        f"not signed with this secret: {en}",
        hint=Words(
            "以收到的原始字节验签，不要重新排版 JSON；密钥形如 whsec_…",
            "check the bytes as they came, not JSON written anew; a secret begins with whsec_",
        ),
    )
