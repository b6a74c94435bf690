"""How the API is described: each operation with every answer that it can give."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import BaseSerializer

from clinic.api.problems import Problem


class RecordsSchema(AutoSchema):
    """Of `records.Records` and what is made of it."""

    view: Any  # a Records, which is made with this class

    def get_request_serializer(self) -> Any:
        found: type[BaseSerializer[Any]] | None = self.view.inputs.get(self.view.action)
        return found

    def get_response_serializers(self) -> Any:
        refusals = dict.fromkeys(self._refusals(), Problem)
        if self.method == "DELETE":
            return {"204": None, **refusals}
        creates = self.view.action == "create"
        told = self.view.made_serializer_class if creates else self.view.get_serializer_class()
        return {"201" if creates else "200": told, **refusals}

    def _refusals(self) -> list[str]:
        reads = self.method == "GET"
        takes = self.view.action in self.view.inputs or self.view.action == "list"
        codes = {
            "400": takes,
            "403": True,
            "404": not reads or self.view.detail,
            "409": self.method == "POST",
            "415": self.method in ("POST", "PATCH"),
            "429": not reads,
        }
        return [code for code, possible in codes.items() if possible]
