"""How staff find patients: by words of the name or the MRN, by diagnosis, archived or not; who may
see measures also by verdict, and those that changed first."""

from __future__ import annotations

from collections.abc import Mapping

import django_filters as filters
from django import forms
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from clinic.accounts.models import Clinic
from clinic.patients.models import Patient
from clinic.verdicts.models import Verdict


class ArchivedFilter(filters.Filter):
    """Archived patients when ticked, the others when not: never both in one list."""

    field_class = forms.BooleanField

    def filter(self, patients: QuerySet[Patient], ticked: bool) -> QuerySet[Patient]:
        return patients.filter(archived__isnull=not ticked)


class PatientFilter(filters.FilterSet):
    search = filters.CharFilter(label="Name, MRN or code", method="with_words")
    diagnosis_status = filters.ChoiceFilter(
        label="Diagnosis", choices=Patient.Diagnosis.choices, empty_label="Any"
    )
    verdict = filters.ChoiceFilter(
        label="Verdict", choices=Verdict.Word.choices, empty_label="Any", method="with_verdict"
    )
    order = filters.ChoiceFilter(
        label="Order",
        choices=[("changed", "Changed first")],
        empty_label="By name",
        method="in_order",
    )
    archived = ArchivedFilter(label="Archived patients")

    def __init__(
        self, data: Mapping[str, str], patients: QuerySet[Patient], judged: QuerySet[Clinic]
    ) -> None:
        """`judged`: the clinics whose verdicts may be seen; without any, nothing asks for them."""
        super().__init__(data, patients)
        self.judged = judged
        if not judged:
            del self.filters["verdict"], self.filters["order"]

    def with_verdict(self, patients: QuerySet[Patient], name: str, word: str) -> QuerySet[Patient]:
        return patients.filter(self._has(word))

    def in_order(self, patients: QuerySet[Patient], name: str, order: str) -> QuerySet[Patient]:
        """Changes, then what was outside once, then the rest."""
        first = Case(
            When(self._has(Verdict.Word.CHANGE), then=0),
            When(self._has(Verdict.Word.OUTSIDE), then=1),
            default=2,
        )
        return patients.order_by(first, "last_name", "first_name", "id")

    def _has(self, word: str) -> Q:
        current = Verdict.objects.current().saying(word).filter(patient=OuterRef("pk"))
        return Q(Exists(current), clinic__in=self.judged)

    def with_words(self, patients: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        """Every word must occur in the first name, the last name, the MRN or the study code."""
        for word in value.replace(",", " ").split():
            patients = patients.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(mrn__icontains=word)
                | Q(study_code__icontains=word)
            )
        return patients
