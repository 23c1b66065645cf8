"""Pages and the built-in inbox, on this machine only. They show what the ledger holds; only a reader's leave writes."""
