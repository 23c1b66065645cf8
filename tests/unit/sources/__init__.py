"""Readers, against small documents written here and a real server on loopback."""
