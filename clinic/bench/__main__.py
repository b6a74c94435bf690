"""`python -m clinic.bench [patients [sessions]]`: pages under load, in a database of its own.

Without numbers 1,000 patients with 20 sessions each, on SQLite in a temporary folder; filling it
takes some minutes. Times are of the whole request, in this process, one at a time; the queries of
a request are counted in another request, so that counting costs nothing. The bare line is one
query of one row by the same database library, for scale.
"""

from __future__ import annotations

import os
import sys
import tempfile

DEFAULTS = (1000, 20)


def main() -> None:
    told = [int(number) for number in sys.argv[1:3]]
    patients, sessions = (*told, *DEFAULTS[len(told) :])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from clinic.bench import fill, pages

        print(f"{patients} patients with {sessions} sessions each: filling ...", flush=True)
        clinician = fill.fill(patients, sessions)
        pages.print_table(clinician)


if __name__ == "__main__":
    main()
