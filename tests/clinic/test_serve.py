"""`manage.py serve` keeps a web server and its workers alive, and ends all that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from clinic.management.commands.serve import JUDGE_AFTER_S, Child, chores
from tests.clinic.unmigrated import unmigrated
from tests.site import Site, wait_until

PLAN_IN_AN_HOUR = """
import datetime
from django.utils import timezone
from clinic.accounts.models import Clinic, User
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.reminders.services import new_plan, save_plan
user = User.objects.create_user("anna@example.org", name="Anna")
patient = Patient.objects.create(
    clinic=Clinic.objects.create(name="Clinic"), first_name="Paul", last_name="Patient",
    birth_date=datetime.date(1956, 3, 14),
)
give_consent(patient, [Purpose.CARE], by=Consent.By.STAFF, actor=user)
plan = new_plan(patient, user)
soon = timezone.now() + datetime.timedelta(hours=1)
plan.started, plan.dose_time, plan.minutes_after_dose = soon.date(), soon.time(), 0
save_plan(plan, "home@example.org", actor=user)
answer = None
"""
STATES = """
from clinic.reminders.models import PlannedSession
answer = list(PlannedSession.objects.values_list("state", flat=True))
"""
VERIFIED = """
from clinic.audit.models import Verification
answer = Verification.objects.filter(broken=None).count()
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "data")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/") as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def children_of(pid: int) -> dict[int, str]:
    """The command line of each process that `pid` started, by its number."""
    children = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(status.rpartition(")")[2].split()[1]) == pid:
            children[int(entry.name)] = command
    return children


def workers_of(pid: int) -> set[int]:
    commands = children_of(pid)
    return {child for child, command in commands.items() if command.rstrip().endswith(" work")}


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_worker_is_started_again_and_ctrl_c_ends_every_process(site: Site):
    port = free_port()
    with site.process("serve", "--port", str(port), "--workers", "2") as serve:
        wait_until(lambda: answers(port), seconds=60)
        before = set(children_of(serve.pid))
        workers = workers_of(serve.pid)
        assert len(workers) == 2
        os.kill(min(workers), signal.SIGKILL)
        wait_until(lambda: workers_of(serve.pid) - workers, seconds=15)
        started = before | set(children_of(serve.pid))
        serve.send_signal(signal.SIGINT)
        assert serve.wait(20) == 0
    assert not [pid for pid in started if alive(pid)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent")
def test_serve_killed_without_warning_leaves_no_process_behind(site: Site):
    port = free_port()
    with site.process("serve", "--port", str(port), "--workers", "1") as serve:
        wait_until(lambda: answers(port), seconds=60)
        started = set(children_of(serve.pid))
        assert len(started) >= 2
        serve.kill()
        serve.wait()
        wait_until(lambda: not any(map(alive, started)), seconds=20)


def test_a_port_in_use_is_named_and_nothing_stays_behind(site: Site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = site.command("serve", "--port", str(taken.getsockname()[1]))
        run = subprocess.run(command, env=site.env, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert "choose another with --port" in run.stderr


def test_the_demo_clinic_is_not_served_to_other_machines(site: Site):
    site.manage("demo")
    with pytest.raises(AssertionError, match="for this machine only"):
        site.manage("serve", "--host", "0.0.0.0")


def test_the_demo_clinic_is_not_served_under_a_public_name(site: Site):
    site.manage("demo")
    site.env |= {"SITE_URL": "https://mimia.example.org", "SECRET_KEY": "k" * 50}
    with pytest.raises(AssertionError, match="and SITE_URL's host is mimia"):
        site.manage("serve")


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_database_without_tables_is_told_in_a_sentence(tmp_path: Path, command: str):
    run = unmigrated(tmp_path, command)
    assert run.returncode == 1
    assert "run `manage.py migrate`" in run.stderr
    assert "Traceback" not in run.stderr


def test_no_workers_is_refused(site: Site):
    with pytest.raises(AssertionError, match="nothing is analysed"):
        site.manage("serve", "--workers", "0")


def test_reminders_that_are_due_are_sent(site: Site):
    site.ask(PLAN_IN_AN_HOUR)
    with site.process("serve", "--port", str(free_port()), "--workers", "1"):
        wait_until(lambda: site.ask(STATES) == ["sent"], seconds=60, every=1)


def test_the_audit_trail_is_verified_by_itself(site: Site):
    assert site.ask(VERIFIED) == 0
    with site.process("serve", "--port", str(free_port()), "--workers", "1"):
        wait_until(lambda: site.ask(VERIFIED) == 1, seconds=60, every=1)


def test_a_chore_is_due_at_once_and_again_when_it_has_ended_and_its_time_is_over():
    chore = Child("chore", ["true"], forever=False, every_s=300)
    assert chore.is_due
    chore.start()
    chore.process.wait()
    assert not chore.is_due
    chore.started -= 301
    assert chore.is_due


def test_all_verdicts_are_reached_anew_once_a_day_but_not_in_the_way_of_the_start():
    found = {chore.name: chore for chore in chores()}
    judge = found["judge"]
    assert (judge.command[-1], judge.every_s) == ("judge", 24 * 3600)
    assert [name for name, chore in found.items() if not chore.is_due] == ["judge"]
    judge.started -= JUDGE_AFTER_S
    assert judge.is_due


def test_a_chore_that_still_runs_is_not_started_a_second_time():
    chore = Child("chore", ["sleep", "60"], forever=False, every_s=300)
    chore.start()
    try:
        chore.started -= 301
        assert not chore.is_due
    finally:
        chore.process.kill()
        chore.process.wait()
