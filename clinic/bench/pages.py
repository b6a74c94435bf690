"""Times and query counts of pages, as a table."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import cycle, islice
from typing import cast

import numpy as np
from django.db import connection
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession
from diagnosis.models import Measure, Result

REQUESTS = 30
Ask = Callable[[Client, Patient], HttpResponseBase]


@dataclasses.dataclass(frozen=True)
class Timing:
    """Of one page: seconds per request, the queries of one, and the bytes of its answer."""

    name: str
    seconds: Sequence[float]
    queries: int
    size: int


def get(name: str) -> Ask:
    return lambda client, patient: client.get(reverse(name))


def of_patient(name: str, method: str = "get") -> Ask:
    def ask(client: Client, patient: Patient) -> HttpResponseBase:
        send = getattr(client, method)
        answer: HttpResponseBase = send(reverse(name, args=[patient.pk]))
        return answer

    return ask


def newest_session(client: Client, patient: Patient) -> HttpResponseBase:
    session = patient.sessions.values_list("pk", flat=True)[0]
    return client.get(reverse("dashboards:session", args=[session]))


PAGES: dict[str, Ask] = {
    "patient list": get("patients:list"),
    "patient page": of_patient("dashboards:patient"),
    "session page": newest_session,
    "work list": get("work:list"),
    "queue": get("work:queue"),
    "export: measures": of_patient("exports:measures", "post"),
    "export: FHIR": of_patient("exports:fhir", "post"),
}


def print_table(clinician: User) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(clinician)
    counts = [model.objects.count() for model in (Patient, RecordingSession, Result, Measure)]
    print(
        "{} patients, {} sessions, {} results, {} measures; {}".format(*counts, connection.vendor)
    )
    print(f"{'page':20}{'p50 ms':>9}{'p95 ms':>9}{'queries':>9}{'kB':>8}")
    patients = list(Patient.objects.order_by("pk"))  # which are random
    for name, ask in PAGES.items():
        found = timed(name, ask, client, patients)
        p50, p95 = np.percentile(found.seconds, [50, 95]) * 1000
        size = found.size / 1000
        print(f"{name:20}{p50:9.0f}{p95:9.0f}{found.queries:9}{size:8.0f}", flush=True)
    bare = [_seconds(partial(Patient.objects.get, pk=one.pk)) for one in patients[:REQUESTS]]
    print(f"{'(one row)':20}{1000 * np.median(bare):9.2f}")


def timed(name: str, ask: Ask, client: Client, patients: Sequence[Patient]) -> Timing:
    """REQUESTS requests, each about another patient, after one that warms up and is counted."""
    first, *others = islice(cycle(patients), REQUESTS + 1)
    with CaptureQueriesContext(connection) as captured:
        size = _ask_and_read(ask, client, first)
    queries = len(captured)  # the next request begins a new log
    seconds = [_seconds(partial(_ask_and_read, ask, client, one)) for one in others]
    return Timing(name, seconds, queries, size)


def _ask_and_read(ask: Ask, client: Client, patient: Patient) -> int:
    """The answer's bytes. Raises where there is no page: its time would mean nothing."""
    answer = ask(client, patient)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} instead of a page")
    if isinstance(answer, StreamingHttpResponse):
        return sum(map(len, cast(Iterable[bytes], answer)))
    return len(cast(HttpResponse, answer).content)


def _seconds(what: Callable[[], object]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start
