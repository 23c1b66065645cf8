"""Certificates of the tests' own, made by the `openssl` command, and a site behind one of them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.site import Site, serving

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Vouches for the names of servers.

    :ivar file: its own certificate: whoever believes it believes those that it made.
    """

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            words = "there is no openssl on this machine: apt-get install openssl"
            pytest.skip(words)
        self._folder = folder
        self.file = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._run("req", "-x509", *KEY, "-keyout", self._key, "-out", self.file, "-days", "2", "-subj", "/CN=Authority")

    def certificate(self, holder: str, *, days: int = 2) -> ssl.SSLContext:
        """Return what a server needs to show a certificate.

        :param holder: ``DNS:news.example`` or ``IP:127.0.0.1``.
        :param days: for which it is valid; a negative number: it ran out.
        """
        pem, key, asked, names = (self._folder / f"server.{kind}" for kind in ("pem", "key", "csr", "names"))
        names.write_text(f"subjectAltName={holder}")
        self._run("req", *KEY, "-keyout", key, "-out", asked, "-subj", "/CN=server")
        signed = ("-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-days", str(days), "-extfile", names)
        self._run("x509", "-req", "-in", asked, "-out", pem, *signed)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        return context

    def _run(self, *words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self._folder)


@contextmanager
def serving_securely(context: ssl.SSLContext) -> Iterator[tuple[Site, list[str | None]]]:
    """Serve a site behind a certificate until the block ends; yield the names that were asked for beside it (SNI)."""
    named: list[str | None] = []
    context.sni_callback = lambda connection, name, own: named.append(name)
    with serving(context) as site:
        yield site, named
