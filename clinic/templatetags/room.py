"""What staff must hear before films are refused: the disk is filling up."""

from __future__ import annotations

from django import template

from clinic import disk

register = template.Library()


@register.inclusion_tag("components/room.html")
def room_warning() -> dict[str, bool]:
    return {"is_full": disk.is_full(), "is_low": disk.is_low()}
