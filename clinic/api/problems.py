"""What the API answers when it cannot do what was asked: always JSON of one shape."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from clinic.api.pagination import NOTICE


class Refused(APIException):
    """The record is in a state that does not allow this; the message says which."""

    status_code = status.HTTP_409_CONFLICT


class Problem(serializers.Serializer[Any]):
    """`detail` in words; `wrong` tells by field what is not right in what was sent."""

    notice = serializers.CharField()
    detail = serializers.CharField()
    wrong = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer to `error` in the shape of `Problem`."""
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {"notice": NOTICE}
    if isinstance(error, ValidationError):
        told = response.data if isinstance(response.data, dict) else {"": response.data}
        body["detail"] = "Something that was sent is not right."
        body["wrong"] = {name: _messages(value) for name, value in told.items()}
    else:
        body["detail"] = str(response.data["detail"])
    response.data = body
    return response


def _messages(told: Any) -> list[str]:
    """The messages of a field, of its parts too."""
    if isinstance(told, dict):
        return [words for part in told.values() for words in _messages(part)]
    if isinstance(told, list):
        return [words for part in told for words in _messages(part)]
    return [str(told)]


@extend_schema(exclude=True)
class Unknown(APIView):
    """Every address under the API that no record has."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
