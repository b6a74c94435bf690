"""A capture link opens one session for a while, and says why when it does not."""

from __future__ import annotations

import datetime
import re

import pytest
from django.conf import settings as site
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.recordings import links
from clinic.recordings.models import CaptureLink
from tests.conftest import RIGHT_ANSWERS


@pytest.fixture
def made(session, carl_clinician):
    return links.make(session, actor=carl_clinician, days=7)


def token_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def test_the_address_opens_the_session_it_was_made_for(made, session):
    link, address = made
    assert address.startswith(site.SITE_URL + "/c/")
    assert links.resolve(token_of(address)) == link
    assert links.resolve(token_of(address)).session == session


def test_the_database_does_not_hold_the_token(made):
    link, address = made
    token = token_of(address)
    stored = CaptureLink.objects.filter(id=link.id).values().get()
    assert token not in map(str, stored.values())
    assert len(link.token_sha256) == 64


def test_a_link_lives_for_the_days_asked(made):
    left = made[0].expires - timezone.now()
    assert datetime.timedelta(days=6, hours=23) < left <= datetime.timedelta(days=7)


def test_an_expired_link_says_so(made):
    link, address = made
    CaptureLink.objects.filter(id=link.id).update(expires=timezone.now())
    with pytest.raises(links.LinkExpired, match="ask your clinic for a new one"):
        links.resolve(token_of(address))


def test_a_revoked_link_says_so_and_is_revoked_once(made, carl_clinician):
    link, address = made
    links.revoke(link, actor=carl_clinician)
    links.revoke(link, actor=carl_clinician)
    with pytest.raises(links.LinkRevoked, match="closed this link"):
        links.resolve(token_of(address))
    assert Event.objects.filter(action=Action.REVOKE, target=link.id).count() == 1


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "", str.upper])
def test_a_mangled_token_is_unknown(made, change):
    with pytest.raises(links.LinkUnknown):
        links.resolve(change(token_of(made[1])))


def test_a_signed_token_without_its_row_is_unknown(made):
    link, address = made
    link.delete()
    with pytest.raises(links.LinkUnknown):
        links.resolve(token_of(address))


def test_a_token_signed_for_another_use_is_unknown(made):
    forged = signing.Signer(salt="something else").sign(made[0].id.hex)
    with pytest.raises(links.LinkUnknown):
        links.resolve(forged)


def test_no_link_is_made_while_browsers_would_refuse_the_camera(session, carl_clinician, settings):
    settings.SITE_URL = "http://clinic.example"
    settings.SITE_HOST = "clinic.example"
    settings.SITE_IS_HTTPS = False
    with pytest.raises(links.HomeNeedsHttps, match="Set SITE_URL to an https address"):
        links.make(session, actor=carl_clinician, days=7)
    assert not CaptureLink.objects.exists()


def test_on_https_the_address_is_the_sites(session, carl_clinician, settings):
    settings.SITE_URL = "https://clinic.example"
    settings.SITE_HOST = "clinic.example"
    settings.SITE_IS_HTTPS = True
    _, address = links.make(session, actor=carl_clinician, days=7)
    assert address.startswith("https://clinic.example/c/")


def test_a_link_to_a_finished_session_leads_to_its_receipt(login, anna_assistant, session):
    session.submitted = timezone.now()
    session.save()
    url = reverse("recordings:make_link", args=[session.id])
    made = login(anna_assistant).post(url)
    words = " ".join(made.content.decode().split())
    assert "see this session's receipt" in words
    assert "record in this session" not in words
    late = "films that are still on the patient's device are sent too"
    assert late in words
    session.submitted -= session.LATE
    session.save()
    long_ago = login(anna_assistant).post(url).content.decode()
    assert late not in " ".join(long_ago.split())
    answer = Client().post(made.context["address"], RIGHT_ANSWERS, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("capture:done", args=[session.id])


def test_a_session_of_old_clips_gets_no_link(session, carl_clinician):
    session.imported = True
    session.save()
    with pytest.raises(links.SessionImported, match="Start a new session"):
        links.make(session, actor=carl_clinician, days=7)


def test_an_archived_patients_links_are_closed_and_none_is_made(
    login, anna_assistant, carl_clinician, made, session
):
    link, address = made
    ended, _ = links.make(session, actor=carl_clinician, days=7)
    CaptureLink.objects.filter(id=ended.id).update(expires=timezone.now())
    browser = login(anna_assistant)
    browser.post(reverse("patients:archive", args=[session.patient_id]))
    with pytest.raises(links.LinkRevoked):
        links.resolve(token_of(address))
    event = Event.objects.get(action=Action.REVOKE)
    assert (event.target, event.actor) == (link.id, anna_assistant)
    page = browser.post(reverse("recordings:make_link", args=[session.id]), {"days": 3})
    shown = browser.get(page.url).content.decode()
    assert "Restore the patient, then make the link." in shown
    assert CaptureLink.objects.count() == 2


def test_staff_see_the_address_once_with_its_qr_code(login, anna_assistant, session):
    browser = login(anna_assistant)
    page = browser.post(reverse("recordings:make_link", args=[session.id]), {"days": 3})
    address = page.context["address"]
    assert links.resolve(token_of(address)).session == session
    shown = page.content.decode()
    assert address in shown
    assert re.search(r"<svg [^>]*xmlns=.http://www.w3.org/2000/svg.*<path ", shown)
    assert page["Cache-Control"] == "no-store"
    again = browser.get(reverse("dashboards:session", args=[session.id])).content.decode()
    assert token_of(address) not in again
    assert Event.objects.filter(action=Action.INVITE, patient=session.patient_id).count() == 1


@pytest.mark.parametrize("days", ["0", "31", "soon"])
def test_days_out_of_range_make_no_link(login, anna_assistant, session, days):
    url = reverse("recordings:make_link", args=[session.id])
    answer = login(anna_assistant).post(url, {"days": days}, follow=True)
    assert "Enter a number of days from 1 to 30." in answer.content.decode()
    assert not CaptureLink.objects.exists()


def test_the_page_says_why_no_link_can_be_made(login, anna_assistant, session):
    session.imported = True
    session.save()
    url = reverse("recordings:make_link", args=[session.id])
    answer = login(anna_assistant).post(url, follow=True)
    assert "This session is made of old clips." in answer.content.decode()


def test_staff_close_a_link(login, anna_assistant, made, session):
    link, address = made
    answer = login(anna_assistant).post(reverse("recordings:revoke_link", args=[link.id]))
    assert answer.url == reverse("dashboards:session", args=[session.id])
    with pytest.raises(links.LinkRevoked):
        links.resolve(token_of(address))
