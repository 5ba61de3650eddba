"""The XML signature of a DCC (W3C XML Signature 1.1): enveloped, over the whole file."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner

from hub.signer import Signer


def signed(root: etree._Element, signer: Signer) -> etree._Element:
    """`root` with a signature over all of it, which holds the certificates of the key."""
    is_curve = isinstance(signer.key, EllipticCurvePrivateKey)
    method = SignatureMethod.ECDSA_SHA256 if is_curve else SignatureMethod.RSA_SHA256
    made: etree._Element = XMLSigner(signature_algorithm=method).sign(
        root, key=signer.key, cert=list(signer.certificates)
    )
    return made
