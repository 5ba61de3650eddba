"""Who signs the DCCs of the hub: a private key with its certificate, from the files of settings."""

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates

from hub.errors import BadInput, Words
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and its certificate, followed by those of its issuers."""

    key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, key: bytes, certificates: bytes) -> "Signer":
        """The signer of two PEM texts; the key is RSA or EC (ECDSA), and not encrypted.

        BadInput for what cannot be read or does not belong together.
        """
        try:
            private = load_pem_private_key(key, None)
            chain = tuple(load_pem_x509_certificates(certificates))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable("无法读取", "they cannot be read") from error
        if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
            raise _unusable("私钥既非 RSA 也非椭圆曲线", "the key is neither RSA nor EC")
        if private.public_key() != chain[0].public_key():
            raise _unusable("证书不属于此私钥", "the certificate is of another key")
        return cls(private, chain)

    @classmethod
    def of_settings(cls, chosen: Settings) -> "Signer | None":
        """The signer of the files that the settings name, None where they name none."""
        if chosen.dcc_key is None or chosen.dcc_certificate is None:
            return None
        return cls.of(chosen.dcc_key.read_bytes(), chosen.dcc_certificate.read_bytes())


def _unusable(zh: str, en: str) -> BadInput:
    return BadInput(
        f"HUB_DCC_KEY 与 HUB_DCC_CERTIFICATE 不可用：{zh}",
        f"HUB_DCC_KEY and HUB_DCC_CERTIFICATE cannot be used: {en}",
        hint=Words(
            "须为 PEM 文件：未加密的 RSA 或椭圆曲线私钥，及其证书",
            "give PEM files: a private key, RSA or EC and not encrypted, and its certificate",
        ),
    )
