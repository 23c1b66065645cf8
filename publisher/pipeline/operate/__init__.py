"""What a person decides: hold, release, cancel, resend; and what became of a delivery of unknown fate."""
