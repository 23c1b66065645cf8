"""The nouns: frozen records, their states and allowed moves. No I/O, no framework."""
