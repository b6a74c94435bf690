"""The languages of a patient's pages: the switch, and the words that TypeScript says."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template import RequestContext
from django.utils.html import json_script
from django.utils.safestring import SafeString

from clinic.languages import spoken
from clinic.translations import browser_words

register = template.Library()


@register.inclusion_tag("components/languages.html", takes_context=True)
def language_switch(context: RequestContext) -> dict[str, Any]:
    """One button per language, each in its own name; the page stays the same."""
    return {
        "languages": settings.LANGUAGES,
        "spoken": spoken(),
        "page": context["request"].get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def catalogue() -> SafeString:
    """The words of the page's language for static/ts/capture/translate.ts."""
    return json_script(browser_words(spoken()), "catalogue")
