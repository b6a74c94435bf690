"""How fast and how large an analysis is on this machine: `python -m diagnosis.bench`."""
