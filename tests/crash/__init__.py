"""The machinery that could convict us: a provider of its own process, a loop that kills, an oracle that judges."""
