"""Records of DKIM keys. Their numbers are no primes' product: nobody signs with them, and making them takes no time."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def record(bits: int = 2_048, tags: str = "v=DKIM1; k=rsa; ") -> str:
    """Return what a provider shows for a domain."""
    key = RSAPublicNumbers(65_537, (1 << (bits - 1)) | 1).public_key()
    packed = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return f"{tags}p={packed}"
