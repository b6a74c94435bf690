"""Pages of a list, each labelled for what it is."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

NOTICE = "investigational software, not for diagnosis"


class LabelledPages(LimitOffsetPagination):
    default_limit = 50
    max_limit = 500
    max_offset = 10**9  # beyond any list, and within what a database counts to

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), self.max_offset)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data = {"notice": NOTICE, **response.data}
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"] = {"notice": {"type": "string", "example": NOTICE}, **page["properties"]}
        page["required"].append("notice")
        return page
