"""How a finished message leaves: one file per provider, on one seam that knows nothing of editions or the store."""
