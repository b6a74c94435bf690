"""How long pages take with many patients: `python -m clinic.bench`."""
