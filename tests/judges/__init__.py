"""Judges from outside for the mails that readers get: accessibility, markup, client support, spam, structure, size."""
