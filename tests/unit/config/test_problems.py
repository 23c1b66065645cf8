"""What is said to whoever wrote a name that nobody declared."""

from __future__ import annotations

from publisher.config.problems import suggestion


def test_the_nearest_name_or_all_there_are_each_once():
    assert suggestion("siet", ["site", "wire", "site"]) == "Did you mean `site`?"
    assert suggestion("nosuch", ["wire", "site", "site"]) == "There are: site, wire"
    assert suggestion("nosuch", []) == ""
