"""A DCC that the hub signs is found whole by whoever checks it, and broken once it is changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from hub.errors import BadInput
from hub.exporters.dcc.write import write_dcc
from hub.importers.dcc.draft import SignatureCheck, SignatureState
from hub.importers.dcc.read import read_dcc
from hub.keys import Keyring
from hub.settings import Settings
from hub.signer import Signer
from tests.exporters.wholes import a_whole

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
EC, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
RSA = rsa.generate_private_key(65_537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()
PLAIN = NoEncryption()


def pem(key: Key | ed25519.Ed25519PrivateKey, password: bytes | None = None) -> bytes:
    """The private key as a PEM file has it."""
    locked = BestAvailableEncryption(password) if password else PLAIN
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


def certificate(key: Key) -> bytes:
    """A certificate of the key, which it has signed itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "苏州示范计量院")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
    )
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM)


def a_signer() -> Signer:
    """A signer with an elliptic curve."""
    return Signer.of(pem(EC), certificate(EC))


@pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
def test_a_signed_certificate_is_found_whole(key: Key) -> None:
    signer = Signer.of(pem(key), certificate(key))

    signature = read_dcc(write_dcc(a_whole(), signer)).signature

    assert signature.state is SignatureState.VALID
    assert signature.signer == "CN=苏州示范计量院"


def test_a_signed_certificate_that_was_changed_is_found_broken() -> None:
    data = write_dcc(a_whole(), a_signer())

    signature = read_dcc(data.replace("示范制造".encode(), "某某制造".encode())).signature

    assert signature.failed is SignatureCheck.CONTENT_DIGEST


def test_what_others_issued_is_not_signed_nor_anything_without_a_key() -> None:
    files = (write_dcc(a_whole(is_ours=False), a_signer()), write_dcc(a_whole()))

    assert {read_dcc(file).signature.state for file in files} == {SignatureState.NONE}


@pytest.mark.parametrize(
    ("key", "of"),
    [(pem(EC), certificate(OTHER)), (pem(EC), b"no PEM"), (b"no PEM", certificate(EC)),
     (pem(EC, b"word"), certificate(EC)), (pem(ED), certificate(EC))],
    ids=["of another key", "no certificate", "no key", "a locked key", "another kind of key"],
)  # fmt: skip
def test_a_key_that_cannot_sign_is_refused_at_start(key: bytes, of: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_bytes(of)
    chosen = Settings(
        data=tmp_path, dcc_key=tmp_path / "key.pem", dcc_certificate=tmp_path / "certificate.pem"
    )

    with pytest.raises(BadInput, match="HUB_DCC_KEY"):
        Keyring.of_settings(chosen)


def test_the_keys_of_the_settings_sign_and_show_nothing_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem(EC))
    (tmp_path / "certificate.pem").write_bytes(certificate(EC))
    chosen = Settings(
        data=tmp_path, dcc_key=tmp_path / "key.pem", dcc_certificate=tmp_path / "certificate.pem"
    )

    keys = Keyring.of_settings(chosen)

    assert keys.signer is not None
    assert "PrivateKey" not in repr(keys)
    signature = read_dcc(write_dcc(a_whole(), keys.signer)).signature
    assert signature.state is SignatureState.VALID


def test_a_key_and_its_certificate_are_given_together(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(EC))

    for given in ({"dcc_key": file}, {"dcc_certificate": file}, {"dcc_key": tmp_path / "none"}):
        with pytest.raises(ValidationError):
            Settings.model_validate(given)
