"""What machines ask: health and numbers, on this machine alone, with nobody's name in them."""

from __future__ import annotations

from math import inf

import requests
from prometheus_client.parser import text_string_to_metric_families

from publisher.app.alerts import TOLD
from publisher.model.staff import Role


def numbers(site) -> dict[tuple[str, ...], float]:
    answer = requests.get(f"{site.url}/metrics", timeout=10)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_the_numbers_are_those_of_the_books(site):
    found = numbers(site)
    assert found["publisher_deliveries", "letters", "sent"] >= 1
    assert found["publisher_held",] == 0
    assert found["publisher_channel_stopped", "letters"] == 0
    assert found["publisher_queue_age_seconds", "letters"] >= 0
    assert "example.org" not in requests.get(f"{site.url}/metrics", timeout=10).text


def test_what_alerts_need_is_told(site):
    found = numbers(site)
    assert found["publisher_ledger_up",] == 1
    assert found["publisher_disk_free_bytes", "project"] > 0
    assert found["publisher_schema_differs",] == found["publisher_restored",] == 0
    assert found["publisher_complaint_ratio", "letters"] == 0
    assert found["publisher_backup_age_seconds",] == inf
    assert {name[1] for name in found if name[0] == "publisher_trouble"} == TOLD


def test_health_says_whether_the_ledger_answers(site):
    assert requests.get(f"{site.url}/healthz", timeout=10).json() == {"ok": True, "held": False}


def test_both_are_there_without_signing_in_and_not_under_the_public_name(own_site, member_of):
    member_of(Role.EDITOR)
    for path in ("/healthz", "/metrics"):
        assert requests.get(own_site.url + path, timeout=10).status_code == 200
        outside = requests.get(own_site.url + path, headers={"Host": "letters.harbor.example"}, timeout=10)
        assert outside.status_code in (404, 421)
