"""Publisher takes a newsroom's new articles and puts them in front of people, once, with books that balance."""

__version__ = "0.1.0"
