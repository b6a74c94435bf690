"""How staff find patients: by words of the name or the MRN, by diagnosis, archived or not."""

from __future__ import annotations

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet

from clinic.patients.models import Patient


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
    archived = ArchivedFilter(label="Archived patients")

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
