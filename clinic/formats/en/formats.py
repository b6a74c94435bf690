"""British dates, whichever English is spoken: 3 November 2026, 14:03."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
