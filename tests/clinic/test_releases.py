"""The releases page: what is installed, what each is worth, and which one a clinic uses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from clinic.accounts.models import Clinic, Membership, Role
from clinic.accounts.releases import InstalledRelease, installed
from clinic.audit.models import Action, Event
from diagnosis import release
from diagnosis.config import RELEASE_NEEDS

RELEASES = reverse("accounts:releases")


def install(name: str, /, **info: Any) -> InstalledRelease:
    """A release of this site as the page reads it; its weights are no weights at all."""
    folder = settings.MEDIA_ROOT / "releases" / name
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"12345")
    whole = dict.fromkeys(RELEASE_NEEDS, "") | {
        "name": name,
        "created": "2026-11-24",
        "weights": {"sha256": "f" * 64, "bytes": 5},
    }
    (folder / "release.json").write_text(json.dumps(whole | info))
    return found(name)


def found(name: str) -> InstalledRelease:
    return next(r for r in reversed(installed(Clinic.objects.all())) if r.name == name)


def choose(browser, clinic, name: str):
    data = {"release": name}
    return browser.post(reverse("accounts:choose_release", args=[clinic.id]), data, follow=True)


REFUSED = "is not among the releases that are installed here"


def test_the_releases_page_shows_evidence_training_and_metrics(login, ada_admin, clinic):
    clinic.release = "site-2"
    clinic.save()
    site = install(
        "site-2",
        evidence="this clinic's patients",
        trained_on="Eighty people of this clinic.",
        metrics={"classifiers": {"lstm": {"auroc": 0.81234, "auroc_95": [0.7, 0.9]}}},
    )
    page = login(ada_admin).get(RELEASES).content.decode()
    for words in (
        "24 November 2026",
        "evidence: this clinic&#x27;s patients",
        "Eighty people",
        "0.812",
        "0.7 to 0.9",
        site.identity,
    ):
        assert words in page
    assert site.used_by == (clinic,)


def test_a_release_has_the_identity_that_results_carry(clinic):
    assert found(release.DEFAULT.name).identity == release.load(release.DEFAULT).sha256


def reliable(low: float, auroc: float) -> dict[str, object]:
    return {"auroc": auroc, "auroc_95": [low, 0.99], "n": 96, "source": "a set of films"}


def test_the_releases_page_shows_which_expressions_are_told_from_neutral(login, ada_admin):
    site = install(
        "site-3",
        reliability={"eye_closure": reliable(0.8, 0.947), "sadness": reliable(0.79, 0.861)},
    )
    assert {row.expression: row.shown for row in site.reliability} == {
        "eye_closure": True,
        "sadness": False,
    }
    page = login(ada_admin).get(RELEASES).content.decode()
    for words in ("Eye closure", "0.95", "0.80 to 0.99", "a set of films", "curves shown"):
        assert words in page
    for words in ("movement only", "against a face at rest", "development data"):
        assert words in page


BROKEN = [
    {"reliability": {"smile": {"auroc": 0.9}}},
    {"reliability": {"smile": {"auroc": 0.9, "auroc_95": 0.8}}},
    {"reliability": {"smile": None}},
    {"reliability": [0.9]},
    {"created": "yesterday"},
    {"weights": {"sha256": "f" * 64, "bytes": 6}},
    {"weights": {"bytes": 5}},
]


@pytest.mark.parametrize("info", BROKEN, ids=str)
def test_a_broken_release_is_shown_as_such_and_cannot_be_chosen(login, ada_admin, clinic, info):
    assert install("torn", **info).problem
    browser = login(ada_admin)
    page = browser.get(RELEASES).content.decode()
    assert "Install this release again." in page
    assert 'value="torn"' not in page
    answer = choose(browser, clinic, "torn")
    assert REFUSED in answer.content.decode()
    clinic.refresh_from_db()
    assert clinic.release == ""


@pytest.mark.parametrize("file", ["weights.safetensors", "release.json"])
def test_a_release_that_was_copied_in_part_is_broken(clinic, file):
    install("torn")
    (settings.MEDIA_ROOT / "releases" / "torn" / file).write_text('{"name": "to')
    assert "Install this release again." in found("torn").problem


def test_a_release_that_lacks_what_the_analysis_needs_is_broken(clinic):
    install("torn")
    file = settings.MEDIA_ROOT / "releases" / "torn" / "release.json"
    info = json.loads(file.read_text())
    for key in ("evidence", "vocabulary"):
        file.write_text(json.dumps({k: v for k, v in info.items() if k != key}))
        assert f"it lacks {key}" in found("torn").problem


def test_an_admin_chooses_the_release_and_goes_back_and_the_trail_says_so(
    login, ada_admin, clinic, other_clinic
):
    install("site-2")
    browser = login(ada_admin)
    page = browser.get(RELEASES).content.decode()
    assert page.count('name="release"') == 1  # the embedded one is in use
    assert "Sessions whose first film comes after this use it" in page
    embedded = f"{release.DEFAULT.name} (part of Mimia)"
    for name, in_words in (("site-2", "site-2 (of this site)"), ("", embedded)):
        answer = choose(browser, clinic, name)
        assert answer.redirect_chain == [(RELEASES, 302)]
        assert f"sessions that begin now are analysed with {in_words}" in answer.content.decode()
        clinic.refresh_from_db()
        assert clinic.release == name
        event = Event.objects.first()
        assert (event.action, event.actor, event.clinic) == (Action.CHOOSE, ada_admin, clinic)
        assert event.detail == in_words
    other_clinic.refresh_from_db()
    assert other_clinic.release == ""
    assert Event.objects.count() == 2
    choose(browser, clinic, "")  # is so already
    assert Event.objects.count() == 2


@pytest.mark.parametrize("name", ["elsewhere", "../releases/site-2", "site-2/", " site-2", "\0"])
def test_only_an_installed_release_can_be_chosen(login, ada_admin, clinic, name):
    install("site-2")
    answer = choose(login(ada_admin), clinic, name)
    assert answer.redirect_chain == [(RELEASES, 302)]
    assert answer.content.decode().count(REFUSED) == 1
    clinic.refresh_from_db()
    assert clinic.release == ""
    assert not Event.objects.exists()


def test_a_choice_that_names_no_release_changes_nothing(login, ada_admin, clinic):
    clinic.release = "site-2"
    clinic.save()
    address = reverse("accounts:choose_release", args=[clinic.id])
    answer = login(ada_admin).post(address, follow=True)
    assert REFUSED in answer.content.decode()
    clinic.refresh_from_db()
    assert clinic.release == "site-2"


def test_a_release_of_the_site_does_not_look_like_the_embedded_one(login, ada_admin, clinic):
    name = release.DEFAULT.name
    install("site-2", name=name)
    install(name)
    page = login(ada_admin).get(RELEASES).content.decode()
    for heading in (f"{name} (part of Mimia)", "site-2 (of this site)", f"{name} (of this site)"):
        assert f">{heading}</h2>" in page
    assert f"Use {name} (of this site)</button>" in page


def test_an_admin_of_several_clinics_chooses_for_each_by_itself(
    login, ada_admin, clinic, other_clinic
):
    Membership.objects.create(user=ada_admin, clinic=other_clinic, role=Role.ADMIN)
    install("site-2")
    browser = login(ada_admin)
    page = browser.get(RELEASES).content.decode()
    for each in (clinic, other_clinic):
        assert f"Use site-2 (of this site) at {each}" in page
    choose(browser, other_clinic, "site-2")
    assert found("site-2").used_by == (other_clinic,)
    page = browser.get(RELEASES).content.decode()
    assert f"Use site-2 (of this site) at {clinic}" in page
    assert f"Use {release.DEFAULT.name} (part of Mimia) at {other_clinic}" in page


def test_nobody_chooses_for_a_clinic_that_they_do_not_manage(
    login, ada_admin, carl_clinician, clinic, other_clinic
):
    install("site-2")
    assert choose(login(ada_admin), other_clinic, "site-2").status_code == 404
    assert choose(login(carl_clinician), clinic, "site-2").status_code == 404
    assert found("site-2").used_by == ()


def test_the_page_warns_when_a_clinics_release_is_gone(login, ada_admin, clinic):
    browser = login(ada_admin)
    assert "are not analysed" not in browser.get(RELEASES).content.decode()
    clinic.release = "gone"
    clinic.save()
    page = browser.get(RELEASES).content.decode()
    assert f"{clinic} is set to the release “gone”, which cannot be used" in page
