"""Pigeon Post for Publisher: the sender, its ears, and a Pigeon Post on this machine for tests."""
