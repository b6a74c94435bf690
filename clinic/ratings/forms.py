"""The form with which a clinician scores the face."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.ratings.models import Rating

# Our own words beside the numbers; raters use their own copy of the scale.
HELP = {
    0: "The face moves and blinks as you expect at this age.",
    1: "The eyes are a little still; the mouth is lively.",
    2: "Eyes and mouth both move less; the lips are closed at rest.",
    3: "The face is stiff; now and then the mouth stands open at rest.",
    4: "Almost no movement; the mouth stands open most of the time.",
}
CANNOT = "cannot"


class RatingForm(forms.Form):
    score = forms.ChoiceField(
        label="MDS-UPDRS 3.2, facial expression",
        help_text="The words are Mimia's own, to find the number. The scale itself is yours.",
        choices=[
            *((s.value, f"{s.value}: {HELP[s.value]}") for s in Rating.Score),
            (CANNOT, "It cannot be scored from these films"),
        ],
        widget=forms.RadioSelect,
    )
    obstacle = forms.ChoiceField(
        label="If it cannot be scored, why?",
        required=False,
        choices=[("", "Choose a reason"), *Rating.Obstacle.choices],
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("score") == CANNOT and not told.get("obstacle"):
            self.add_error("obstacle", "Choose why it cannot be scored.")
        elif told.get("score") not in (None, CANNOT) and told.get("obstacle"):
            self.add_error("obstacle", "Choose a number or a reason why there is none, not both.")
        return told

    @property
    def answer(self) -> dict[str, Any]:
        """What `services.rate` takes, of a valid form."""
        score = self.cleaned_data["score"]
        if score == CANNOT:
            return {"score": None, "obstacle": self.cleaned_data["obstacle"]}
        return {"score": int(score), "obstacle": ""}
