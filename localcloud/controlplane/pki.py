"""A small certificate authority for one control plane; its keys never leave the root, and only the owner reads them.

etcd has an authority of its own: whoever holds one of its client certificates reads every secret.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

SERVICE_IP = "10.96.0.1"
_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 730
_RENEW_DAYS = 30

Key = ec.EllipticCurvePrivateKey


def make(folder: Path) -> None:
    """Make what is missing or about to expire: two authorities, server and client certificates, the key of tokens."""
    api, etcd = _authority(folder, "ca", "localcloud"), _authority(folder, "etcd-ca", "localcloud etcd")
    _leaf(folder, "serving", api, client=False)
    _leaf(folder, "etcd-server", etcd, client=True)  # a peer is a client, too
    _leaf(folder, "etcd-client", etcd, client=True)
    key, public = folder / "service-accounts.key", folder / "service-accounts.pub"
    if not (key.exists() and public.exists()):
        pair = ec.generate_private_key(ec.SECP256R1())
        _write(public, pair.public_key().public_bytes(serialization.Encoding.PEM, _PUBLIC))
        _write(key, _pem(pair))


_PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo


def _authority(folder: Path, name: str, subject: str) -> tuple[x509.Certificate, Key]:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    if not (certificate.exists() and key.exists()):
        pair = ec.generate_private_key(ec.SECP256R1())
        title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        made = (
            _builder(title, title, pair, _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(pair.public_key()), critical=False)
            .sign(pair, hashes.SHA256())
        )
        _write(key, _pem(pair))
        _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{key} is no elliptic curve key")
    return x509.load_pem_x509_certificate(certificate.read_bytes()), loaded


def _leaf(folder: Path, name: str, authority: tuple[x509.Certificate, Key], *, client: bool) -> None:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    if certificate.exists() and key.exists() and not _expires(certificate):
        return
    issuer, signer = authority
    pair = ec.generate_private_key(ec.SECP256R1())
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH] + ([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])
    made = (
        _builder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"localcloud-{name}")]), issuer.subject, pair, _LEAF_DAYS
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),  # OpenSSL 3 asks for it
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    _write(key, _pem(pair))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def _names() -> list[x509.GeneralName]:
    hosts: list[x509.GeneralName] = [
        x509.DNSName(host) for host in ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
    ]
    return hosts + [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", SERVICE_IP)]


def _builder(subject: x509.Name, issuer: x509.Name, pair: Key, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(pair.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))  # a clock that is set back a little does not break it
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _expires(certificate: Path) -> bool:
    end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return end - dt.datetime.now(dt.UTC) < dt.timedelta(days=_RENEW_DAYS)


def _pem(pair: Key) -> bytes:
    return pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, from its first byte on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
